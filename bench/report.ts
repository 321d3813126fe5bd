import { cpus } from 'node:os'

/** One row of the printed table: what was measured, how much, in which unit. */
export type Figure = Readonly<{ bench: string; figure: string; value: number; unit: string }>

export function printReport(figures: readonly Figure[]): void {
  const rows = figures.map(({ bench, figure, value, unit }) => ({ bench, figure, value: round(value), unit }))
  console.table(rows)
  const machine = { node: process.version, cpu: cpus()[0]?.model, cores: cpus().length }
  console.log(JSON.stringify({ at: new Date().toISOString(), machine, figures: rows }))
}

function round(value: number): number {
  return value >= 100 ? Math.round(value) : Number(value.toPrecision(3))
}

/** The value that `share` (0 to 1) of the sorted samples do not exceed. */
export function percentile(samples: readonly number[], share: number): number {
  const sorted = samples.toSorted((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN
}
