import { useState } from 'react'
import type { PostJob } from '../../../src/api/contract/jobs.ts'
import { useLive } from '../api/live.ts'
import { useStartJob } from '../api/operations.ts'
import { ActionButton } from '../components/action-button.tsx'
import { ConfirmDialog } from '../components/confirm-dialog.tsx'
import { useToast } from '../components/toasts.tsx'
import { plural } from '../format.ts'

const words = {
  check: {
    button: 'Check everything',
    title: 'Check everything?',
    confirm: 'Start the check',
    what: 'Every record of the log is run through the services again into an empty store, and the result is compared with the live one. Nothing is changed and no gateway is called. It takes a while and some of the processor.',
  },
  rebuild: {
    button: 'Rebuild the read model',
    title: 'Rebuild the read model?',
    confirm: 'Start the rebuild',
    what: 'Totals, series and lists are made again from the log beside the live ones, and take their place when they are whole. No payment is made or changed. Until then everything goes on as it is.',
  },
} as const satisfies Record<PostJob['kind'], Record<string, string>>

export function ReconciliationActions() {
  const [kind, setKind] = useState<PostJob['kind']>()
  return (
    <>
      {(['rebuild', 'check'] as const).map((offered) => (
        <ActionButton key={offered} kind={offered === 'check' ? 'primary' : 'plain'} onClick={() => setKind(offered)}>
          {words[offered].button}
        </ActionButton>
      ))}
      {kind && <JobDialog kind={kind} onClose={() => setKind(undefined)} />}
    </>
  )
}

function JobDialog({ kind, onClose }: { kind: PostJob['kind']; onClose: () => void }) {
  const start = useStartJob()
  const toast = useToast()
  const orders = useLive(({ snapshot }) => snapshot?.totals.order_count)
  const { title, confirm, what } = words[kind]
  function begin(): void {
    start.mutate(
      { kind },
      {
        onSuccess(job) {
          const link = { href: `/activity/${job.id}`, label: 'Show the job' }
          toast({ tone: 'neutral', title: job.title, job: job.id, link })
          onClose()
        },
      },
    )
  }
  return (
    <ConfirmDialog
      title={title}
      confirm={confirm}
      danger={kind === 'rebuild'}
      busy={start.isPending}
      error={start.error}
      onConfirm={begin}
      onClose={onClose}
    >
      {orders !== undefined && <p className="preview-summary">{plural(orders, 'order')} so far.</p>}
      <p>{what}</p>
    </ConfirmDialog>
  )
}
