import { useMemo, useState } from 'react'
import type { RedriveBody, RedrivePreview } from '../../../src/api/contract/redrive.ts'
import { useRedrive, useRedrivePreview } from '../api/operations.ts'
import { Dialog, DialogButtons } from '../components/dialog.tsx'
import { Failure, Skeleton } from '../components/query-state.tsx'
import { Refusal } from '../components/refusal.tsx'
import { useToast } from '../components/toasts.tsx'
import { charges, lettersToGo, previewSummary, redriveLabel } from '../redrive-words.ts'
import { RedriveOutcomes } from './redrive-outcomes.tsx'

type Target = Pick<RedriveBody, 'ids' | 'filter' | 'edit'>

/** A dry run of redriving these letters, and then the job that does it. */
export function RedriveDialog(props: { target: Target; onClose: () => void; onStarted?: () => void }) {
  const { target, onClose, onStarted } = props
  const [quarantined, setQuarantined] = useState(false)
  const [limit, setLimit] = useState<number>()
  const body = useMemo(
    () => ({ ...target, ...(quarantined && { quarantined }), ...(limit !== undefined && { limit }) }),
    [target, quarantined, limit],
  )
  const preview = useRedrivePreview(body)
  const redrive = useRedrive()
  const toast = useToast()
  function confirm(): void {
    redrive.mutate(body, {
      onSuccess({ id, title }) {
        toast({ tone: 'neutral', title, job: id, link: { href: `/activity/${id}`, label: 'Show the job' } })
        onStarted?.()
        onClose()
      },
    })
  }
  return (
    <Dialog title={target.edit ? 'Redrive the edited copy' : 'Redrive dead letters'} wide onClose={onClose}>
      <div className="dialog-body">
        {target.filter && <LimitField limit={limit} onChange={setLimit} />}
        <QuarantineField checked={quarantined} onChange={setQuarantined} />
        <div className="preview" aria-live="polite">
          {preview.error ? (
            <Failure error={preview.error} busy={preview.isFetching} onRetry={() => void preview.refetch()} />
          ) : (
            <Preview preview={preview.data} />
          )}
        </div>
      </div>
      <Refusal error={redrive.error} />
      <DialogButtons
        confirm={redriveLabel(preview.data, limit)}
        danger={preview.data !== undefined && charges(preview.data)}
        busy={redrive.isPending}
        disabled={!preview.data || lettersToGo(preview.data) === 0}
        onCancel={onClose}
        onConfirm={confirm}
      />
    </Dialog>
  )
}

function Preview({ preview }: { preview: RedrivePreview | undefined }) {
  if (!preview) return <Skeleton width="100%" height={120} />
  return (
    <>
      <p className="preview-summary">{previewSummary(preview)}</p>
      <RedriveOutcomes preview={preview} />
    </>
  )
}

function LimitField({ limit, onChange }: { limit: number | undefined; onChange: (limit: number | undefined) => void }) {
  return (
    <label className="field">
      <span>At most</span>
      <input
        type="number"
        min={1}
        max={10_000_000}
        step={1}
        defaultValue={limit}
        placeholder="all that match"
        onBlur={({ target }) => onChange(limitOf(target))}
        onKeyDown={({ key, currentTarget }) => {
          if (key === 'Enter') onChange(limitOf(currentTarget))
        }}
      />
      <span className="muted">letters, the oldest</span>
    </label>
  )
}

function limitOf({ value, valueAsNumber, validity }: HTMLInputElement): number | undefined {
  return value === '' || !validity.valid ? undefined : valueAsNumber
}

function QuarantineField({ checked, onChange }: { checked: boolean; onChange: (checked: boolean) => void }) {
  return (
    <label className="field">
      <input type="checkbox" checked={checked} onChange={({ target }) => onChange(target.checked)} />
      <span>Also those in quarantine: they were redriven and refused again and again</span>
    </label>
  )
}
