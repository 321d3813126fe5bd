import { useEffect, useRef } from 'react'
import type { Selection } from './table-column.ts'

export const selectWidthPx = 44

/** Marks every row that is loaded, or none. */
export function SelectAll({ selection, keys = [] }: { selection: Selection; keys: readonly string[] | undefined }) {
  const { selected, onChange, what } = selection
  const ref = useRef<HTMLInputElement>(null)
  const all = keys.length > 0 && keys.every((key) => selected.has(key))
  const some = selected.size > 0 && !all
  useEffect(() => {
    if (ref.current) ref.current.indeterminate = some
  }, [some])
  return (
    <th scope="col" className="select">
      <label>
        <input
          ref={ref}
          aria-label={`Select all ${what}s shown`}
          type="checkbox"
          checked={all}
          disabled={keys.length === 0}
          onChange={() => onChange(new Set(all ? [] : keys))}
        />
      </label>
    </th>
  )
}

export function SelectRow({ selection, rowKey }: { selection: Selection; rowKey: string }) {
  const { selected, onChange, what } = selection
  function toggle(): void {
    const next = new Set(selected)
    if (!next.delete(rowKey)) next.add(rowKey)
    onChange(next)
  }
  return (
    <td className="select">
      <label>
        <input
          aria-label={`Select ${what} ${rowKey}`}
          type="checkbox"
          checked={selected.has(rowKey)}
          onChange={toggle}
        />
      </label>
    </td>
  )
}
