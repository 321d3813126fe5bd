import type { KeyboardEvent, MouseEvent } from 'react'
import { Link, useLocation } from 'wouter'
import type { TableProps } from './table-column.ts'
import { SelectRow } from './table-select.tsx'
import { CopyButton } from './values.tsx'

/**
 * The first cell holds the link, which is what the keyboard and a screen reader get; the pointer may hit any part of the
 * row. A link over the whole row would take text selection and tooltips away.
 */
export function TableRow<Row>({ row, table }: { row: Row; table: TableProps<Row> }) {
  const { columns, rowKey, rowHref, selectedKey, selection } = table
  const [, navigate] = useLocation()
  const href = rowHref?.(row)
  const key = rowKey(row)
  const open = href === undefined ? {} : pointerHandlers(href, navigate)
  const selected = selectedKey === key || selection?.selected.has(key)
  return (
    <tr data-selected={selected || undefined} data-opens={href !== undefined || undefined} {...open}>
      {selection && <SelectRow selection={selection} rowKey={key} />}
      {columns.map((column, index) => (
        <td key={column.id} className={column.align}>
          {index === 0 && href !== undefined ? (
            <Link href={href} className="row-link" onKeyDown={moveFocus}>
              {column.cell(row)}
            </Link>
          ) : (
            column.cell(row)
          )}
          {column.copies && <CopyButton text={column.copies(row)} what={column.head.toLowerCase()} />}
        </td>
      ))}
    </tr>
  )
}

function pointerHandlers(href: string, navigate: (to: string) => void) {
  return {
    onClick(event: MouseEvent) {
      if (isTaken(event) || event.button !== 0) return
      if (event.metaKey || event.ctrlKey) window.open(href, '_blank', 'noopener')
      else navigate(href)
    },
    onAuxClick(event: MouseEvent) {
      if (!isTaken(event) && event.button === 1) window.open(href, '_blank', 'noopener')
    },
  }
}

/** A link or button in the row answers for itself, and who marks text doesn't want to leave. */
function isTaken({ target }: MouseEvent): boolean {
  if (target instanceof Element && target.closest('a, button, label, dialog')) return true
  return (window.getSelection()?.toString() ?? '') !== ''
}

function moveFocus(event: KeyboardEvent<HTMLElement>): void {
  const row = event.currentTarget.closest('tr')
  const neighbour = event.key === 'ArrowDown' ? row?.nextElementSibling : row?.previousElementSibling
  if (event.key !== 'ArrowDown' && event.key !== 'ArrowUp') return
  const link = neighbour?.querySelector<HTMLElement>('.row-link')
  if (!link) return
  event.preventDefault()
  link.focus()
}
