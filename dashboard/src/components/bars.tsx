import type { ReactNode } from 'react'
import { formatCountShort, formatShare } from '../format.ts'
import { Skeleton } from './query-state.tsx'

export type Bar = Readonly<{ key: string; label: ReactNode; value: number; title: string }>

const rowHeightPx = 26

/** A table whose middle column draws its value: bars start at zero, and the figures are there to be read. */
export function Bars({ label, bars, rows }: { label: string; bars: readonly Bar[] | undefined; rows: number }) {
  if (bars?.length === 0) return <Nothing rows={rows} />
  const total = bars?.reduce((sum, { value }) => sum + value, 0) ?? 0
  const highest = Math.max(...(bars ?? []).map(({ value }) => value), 1)
  return (
    <table className="bars" aria-label={label} style={{ height: rows * rowHeightPx }}>
      <thead className="visually-hidden">
        <tr>
          <th scope="col">{label}</th>
          <th scope="col">Bar</th>
          <th scope="col">Orders</th>
          <th scope="col">Share</th>
        </tr>
      </thead>
      <tbody>
        {bars === undefined
          ? Array.from({ length: Math.min(rows, 5) }, (_, index) => <SkeletonBar key={index} index={index} />)
          : bars.map((bar) => <BarRow key={bar.key} bar={bar} highest={highest} total={total} />)}
      </tbody>
    </table>
  )
}

function Nothing({ rows }: { rows: number }) {
  return (
    <p className="bars-none muted" style={{ height: rows * rowHeightPx }}>
      Nothing to show yet
    </p>
  )
}

function BarRow({ bar, highest, total }: { bar: Bar; highest: number; total: number }) {
  return (
    <tr title={bar.title}>
      <th scope="row">
        <span className="truncate">{bar.label}</span>
      </th>
      <td className="bar-cell" aria-hidden="true">
        <span className="bar" style={{ width: `${(Math.max(bar.value, 0) / highest) * 100}%` }} />
      </td>
      <td className="num end">{formatCountShort(bar.value)}</td>
      <td className="num end muted">{formatShare(bar.value, total)}</td>
    </tr>
  )
}

function SkeletonBar({ index }: { index: number }) {
  return (
    <tr>
      <th scope="row">
        <Skeleton width="70%" />
      </th>
      <td colSpan={3}>
        <Skeleton width={`${90 - index * 14}%`} />
      </td>
    </tr>
  )
}
