import { useState } from 'react'
import type { Group } from '../../../src/api/contract.ts'
import { usePause } from '../api/operations.ts'
import { ActionButton } from '../components/action-button.tsx'
import { ConfirmDialog } from '../components/confirm-dialog.tsx'
import { useToast } from '../components/toasts.tsx'
import { plural } from '../format.ts'
import { SeekDialog } from './seek-dialog.tsx'

export function GroupActions({ group }: { group: Group }) {
  const [open, setOpen] = useState<'pause' | 'seek'>()
  const close = () => setOpen(undefined)
  return (
    <>
      <ActionButton onClick={() => setOpen('seek')}>Move offsets…</ActionButton>
      <ActionButton onClick={() => setOpen('pause')}>{group.paused ? 'Resume' : 'Pause'}</ActionButton>
      {open === 'pause' && <PauseDialog group={group} onClose={close} />}
      {open === 'seek' && <SeekDialog group={group} onClose={close} />}
    </>
  )
}

function PauseDialog({ group: { group, paused, lag_records }, onClose }: { group: Group; onClose: () => void }) {
  // What it was when the dialog opened: the button must not change its meaning under the pointer.
  const [action] = useState<'pause' | 'resume'>(paused ? 'resume' : 'pause')
  const pause = usePause(group)
  const toast = useToast()
  function confirm(): void {
    pause.mutate(action, {
      onSuccess() {
        toast({ tone: 'good', title: `${group} is ${action === 'pause' ? 'paused' : 'running again'}` })
        onClose()
      },
    })
  }
  return (
    <ConfirmDialog
      title={`${action === 'pause' ? 'Pause' : 'Resume'} ${group}?`}
      confirm={action === 'pause' ? 'Pause' : 'Resume'}
      busy={pause.isPending}
      error={pause.error}
      onConfirm={confirm}
      onClose={onClose}
    >
      <p>
        {action === 'pause'
          ? `It finishes the batch in flight and reads no more until it is resumed, also after a restart. Records wait in the log: ${plural(lag_records, 'record')} now. The other groups go on.`
          : `It goes on where it was, with ${plural(lag_records, 'record')} waiting.`}
      </p>
    </ConfirmDialog>
  )
}
