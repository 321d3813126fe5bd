import { useCallback, useId, useRef, useState, type ReactNode } from 'react'
import { Icon } from './icon.tsx'
import { useDismiss } from './use-dismiss.ts'

/** A button with a few things below it. */
export function Menu({ label, children }: { label: ReactNode; children: (close: () => void) => ReactNode }) {
  const [open, setOpen] = useState(false)
  const root = useRef<HTMLDivElement>(null)
  const panelId = useId()
  const close = useCallback(() => setOpen(false), [])
  useDismiss(root, { open, first: '.menu-panel :is(a, button)', close })
  return (
    <div className="menu" ref={root}>
      <button
        type="button"
        className="button"
        aria-expanded={open}
        aria-controls={open ? panelId : undefined}
        onClick={() => setOpen(!open)}
      >
        {label}
        <Icon name="down" />
      </button>
      {open && (
        <div className="menu-panel" id={panelId}>
          {children(close)}
        </div>
      )}
    </div>
  )
}
