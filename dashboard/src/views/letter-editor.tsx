import { useId, useState } from 'react'
import type { DeadLetterDetail } from '../../../src/api/contract.ts'
import type { RedriveBody } from '../../../src/api/contract/redrive.ts'
import { base64Of, jsonFault, prettyJson } from '../bytes.ts'
import { Dialog, DialogButtons } from '../components/dialog.tsx'

type Edit = NonNullable<RedriveBody['edit']>

/** A copy of a letter's value to be mended. What isn't JSON may be sent all the same: it is only said. */
export function LetterEditor(props: {
  record: NonNullable<DeadLetterDetail['record']>
  onDone: (edit: Edit) => void
  onClose: () => void
}) {
  const { record, onDone, onClose } = props
  const original = record.value?.text ?? ''
  const [text, setText] = useState(() => prettyJson(original) ?? original)
  const [key, setKey] = useState(record.key?.text ?? '')
  const fault = jsonFault(text)
  const faultId = useId()
  function done(): void {
    const sameKey = key === (record.key?.text ?? '')
    onDone({ value: base64Of(text), ...(!sameKey && { key: key === '' ? null : base64Of(key) }) })
  }
  return (
    <Dialog title="Edit a copy of the record" wide onClose={onClose}>
      <div className="dialog-body">
        <p className="muted">
          The letter stays as it is. The copy goes to the group that refused it, with the letter’s own headers.
        </p>
        <label className="field-block">
          <span>Key</span>
          <input className="mono" value={key} spellCheck={false} onChange={({ target }) => setKey(target.value)} />
        </label>
        <label className="field-block">
          <span>Value</span>
          <textarea
            className="mono"
            rows={14}
            spellCheck={false}
            value={text}
            aria-invalid={fault !== undefined}
            aria-describedby={faultId}
            onChange={({ target }) => setText(target.value)}
          />
        </label>
        <output id={faultId} className={fault === undefined ? 'field-good' : 'refusal'}>
          {fault === undefined ? 'This is JSON.' : `This is not JSON: ${fault}`}
        </output>
      </div>
      <DialogButtons confirm="Preview the redrive" busy={false} onCancel={onClose} onConfirm={done} />
    </Dialog>
  )
}
