import type { ReactNode } from 'react'
import { Dialog, DialogButtons } from './dialog.tsx'
import { Refusal } from './refusal.tsx'

/** Says what will happen, in numbers, before it does. */
export function ConfirmDialog(props: {
  title: string
  confirm: string
  /** Money or data is at stake. */
  danger?: boolean
  busy: boolean
  error: Error | null
  onConfirm: () => void
  onClose: () => void
  children: ReactNode
}) {
  const { title, confirm, danger = false, busy, error, onConfirm, onClose, children } = props
  return (
    <Dialog title={title} onClose={onClose}>
      <div className="dialog-body">{children}</div>
      <Refusal error={error} />
      <DialogButtons confirm={confirm} danger={danger} busy={busy} onCancel={onClose} onConfirm={onConfirm} />
    </Dialog>
  )
}
