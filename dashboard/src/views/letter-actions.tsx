import { useState } from 'react'
import type { DeadLetterDetail } from '../../../src/api/contract.ts'
import type { RedriveBody } from '../../../src/api/contract/redrive.ts'
import { ActionButton } from '../components/action-button.tsx'
import { LetterEditor } from './letter-editor.tsx'
import { RedriveDialog } from './redrive-dialog.tsx'

/** Redriving a letter as it is, or a copy of it that was mended. The letter itself never changes. */
export function LetterActions({ letter }: { letter: DeadLetterDetail }) {
  const [target, setTarget] = useState<Pick<RedriveBody, 'ids' | 'edit'>>()
  const [editing, setEditing] = useState(false)
  const { id, redriven, record } = letter
  const done = redriven ? 'It was redriven before' : undefined
  const gone = record ? undefined : 'The log has removed the record'
  return (
    <span className="head-actions">
      <ActionButton unavailable={gone ?? done ?? uneditable(record)} onClick={() => setEditing(true)}>
        Edit a copy…
      </ActionButton>
      <ActionButton kind="primary" unavailable={gone ?? done} onClick={() => setTarget({ ids: [id] })}>
        Redrive…
      </ActionButton>
      {editing && record && (
        <LetterEditor
          record={record}
          onClose={() => setEditing(false)}
          onDone={(edit) => {
            setEditing(false)
            setTarget({ ids: [id], edit })
          }}
        />
      )}
      {target && <RedriveDialog target={target} onClose={() => setTarget(undefined)} />}
    </span>
  )
}

function uneditable(record: DeadLetterDetail['record']): string | undefined {
  if (!record?.value) return 'It has no value'
  if (record.value.truncated) return 'It is too large to be edited here'
  return undefined
}
