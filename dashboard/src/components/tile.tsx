import type { ReactNode } from 'react'
import { Skeleton } from './query-state.tsx'
import { Sparkline } from './sparkline.tsx'

/** A figure, short, with its exact value on hover, and the shape of its recent past. */
export function Tile(props: {
  label: string
  /** undefined: not known yet. */
  value: string | undefined
  exact?: string | undefined
  note?: ReactNode
  trend: readonly number[]
  trendLabel: string
}) {
  const { label, value, exact, note, trend, trendLabel } = props
  return (
    <div className="tile">
      <p className="tile-label muted">{label}</p>
      <p className="tile-value num" title={exact}>
        {value === undefined ? <Skeleton width="60%" height={24} /> : value}
      </p>
      <p className="tile-note muted num truncate">{note}</p>
      <div title={trendLabel}>
        <Sparkline values={trend} />
      </div>
    </div>
  )
}
