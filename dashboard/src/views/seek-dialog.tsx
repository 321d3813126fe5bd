import { useState } from 'react'
import type { Group } from '../../../src/api/contract.ts'
import { useSeek, useSeekPreview } from '../api/operations.ts'
import { Dialog, DialogButtons } from '../components/dialog.tsx'
import { Refusal } from '../components/refusal.tsx'
import { useToast } from '../components/toasts.tsx'
import { plural } from '../format.ts'
import { seekBodyOf, type SeekForm } from '../seek-body.ts'
import { SeekFields } from './seek-fields.tsx'
import { SeekPreviewTable } from './seek-preview.tsx'

const start: SeekForm = { where: '', kind: 'time', offset: '', time: '' }

/** Two steps: what moving the group's offsets would skip and repeat, and then doing exactly that. */
export function SeekDialog({ group, onClose }: { group: Group; onClose: () => void }) {
  const [form, setForm] = useState(start)
  const preview = useSeekPreview(group.group)
  const seek = useSeek(group.group)
  const toast = useToast()
  const body = seekBodyOf(form)
  const previewed = preview.data
  function change(next: SeekForm): void {
    preview.reset()
    seek.reset()
    setForm(next)
  }
  function confirm(): void {
    if (body === undefined) return
    if (previewed === undefined) return preview.mutate(body)
    seek.mutate(body, {
      onSuccess({ skips, repeats }) {
        const detail = `${plural(skips, 'record')} skipped, ${plural(repeats, 'record')} read again.`
        const link = { href: '/activity?show=changes', label: 'Show the changes' }
        toast({ tone: 'good', title: `${group.group} was moved`, detail, link })
        onClose()
      },
    })
  }
  return (
    <Dialog title={`Move the offsets of ${group.group}`} wide onClose={onClose}>
      <div className="dialog-body">
        <SeekFields group={group} form={form} onChange={change} />
        <div aria-live="polite">{previewed && <SeekPreviewTable preview={previewed} />}</div>
      </div>
      <Refusal error={preview.error ?? seek.error} />
      <DialogButtons
        confirm={previewed ? 'Move the offsets' : 'Preview'}
        danger={previewed !== undefined}
        busy={preview.isPending || seek.isPending}
        disabled={body === undefined}
        onCancel={onClose}
        onConfirm={confirm}
      />
    </Dialog>
  )
}
