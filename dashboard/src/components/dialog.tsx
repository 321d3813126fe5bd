import { useEffect, useId, useRef, type MouseEvent, type ReactNode } from 'react'
import { useDisconnected } from '../api/live.ts'

/**
 * The browser's own modal: it keeps the focus inside, gives it back, and closes on Escape. Rendered while it is open.
 */
export function Dialog(props: {
  title: string
  /** Escape, and a press beside it. */
  onClose: () => void
  wide?: boolean
  children: ReactNode
}) {
  const { title, onClose, wide = false, children } = props
  const ref = useRef<HTMLDialogElement>(null)
  const titleId = useId()
  useEffect(() => {
    const dialog = ref.current
    const before = document.activeElement
    dialog?.showModal()
    return () => {
      dialog?.close()
      // Its place may be gone: then what was in it has no focus to take.
      if (before instanceof HTMLElement && before.isConnected) before.focus()
    }
  }, [])
  function onPress(event: MouseEvent): void {
    if (event.target === ref.current) onClose()
  }
  return (
    // Escape does what the press beside it does.
    // oxlint-disable-next-line jsx-a11y/no-noninteractive-element-interactions
    <dialog
      ref={ref}
      className="dialog"
      data-wide={wide || undefined}
      aria-labelledby={titleId}
      onMouseDown={onPress}
      onCancel={(event) => {
        event.preventDefault()
        onClose()
      }}
    >
      <div className="dialog-frame">
        <h2 id={titleId}>{title}</h2>
        {children}
      </div>
    </dialog>
  )
}

/** What a dialog can be left by: the way back first, what it is for last. */
export function DialogButtons(props: {
  confirm: string
  busy: boolean
  danger?: boolean
  disabled?: boolean
  onCancel: () => void
  onConfirm: () => void
}) {
  const { confirm, busy, danger = false, disabled = false, onCancel, onConfirm } = props
  const disconnected = useDisconnected()
  return (
    <footer className="dialog-buttons">
      <output className="dialog-wait muted">
        {disconnected && 'The server does not answer: nothing can be started'}
      </output>
      <button type="button" className="button" onClick={onCancel}>
        Cancel
      </button>
      <button
        type="button"
        className={`button ${danger ? 'button-danger' : 'button-primary'}`}
        disabled={disabled || busy || disconnected}
        onClick={onConfirm}
      >
        {busy ? 'Working…' : confirm}
      </button>
    </footer>
  )
}
