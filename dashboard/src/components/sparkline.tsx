const width = 120
const height = 32
const inset = 2

/** The shape alone: its figures are in the tile above and in the chart below. */
export function Sparkline({ values }: { values: readonly number[] }) {
  const line = values.length > 1 && values.some((value) => value > 0) ? pathOf(values) : undefined
  return (
    <svg className="sparkline" viewBox={`0 0 ${width} ${height}`} preserveAspectRatio="none" aria-hidden="true">
      {line && <path className="sparkline-fill" d={`${line}V${height}H0Z`} />}
      {line && <path className="sparkline-line" d={line} />}
    </svg>
  )
}

/** From zero, as bars would be: a sparkline that starts elsewhere makes noise look like news. */
function pathOf(values: readonly number[]): string {
  const highest = Math.max(...values)
  const step = width / (values.length - 1)
  const points = values.map((value, index) => {
    const y = height - inset - (value / highest) * (height - 2 * inset)
    return `${(index * step).toFixed(1)} ${y.toFixed(1)}`
  })
  return `M${points.join('L')}`
}
