import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import type { GroupAction, SeekBody, SeekPreview } from '../../../src/api/contract/groups.ts'
import type { Job, PostJob } from '../../../src/api/contract/jobs.ts'
import type { Journey } from '../../../src/api/contract/journey.ts'
import type { Reconciliation } from '../../../src/api/contract/reconciliation.ts'
import type { RedriveBody, RedrivePreview } from '../../../src/api/contract/redrive.ts'
import { getJson, postJson } from './client.ts'

const journeyMs = 2_000
const reconciliationMs = 5_000
const jobMs = 1_000

export function useJourney(orderId: string) {
  return useQuery({
    queryKey: ['journey', orderId],
    queryFn: ({ signal }) => getJson<Journey>(`/orders/${encodeURIComponent(orderId)}/journey`, {}, signal),
    refetchInterval: journeyMs,
  })
}

export function useReconciliation() {
  return useQuery({
    queryKey: ['reconciliation'],
    queryFn: ({ signal }) => getJson<Reconciliation>('/reconciliation', {}, signal),
    refetchInterval: reconciliationMs,
  })
}

export function isOver({ state }: Job): boolean {
  return state === 'done' || state === 'failed' || state === 'cancelled'
}

/** Asked for again until it is over. */
export function useJob(id: string) {
  return useQuery({
    queryKey: ['job', id],
    queryFn: ({ signal }) => getJson<Job>(`/jobs/${encodeURIComponent(id)}`, {}, signal),
    refetchInterval: ({ state: { data } }) => (data && isOver(data) ? false : jobMs),
  })
}

export function useStartJob() {
  return useChange((body: PostJob) => postJson<Job>('/jobs', body))
}

export function useCancelJob(id: string) {
  return useChange(() => postJson<Job>(`/jobs/${encodeURIComponent(id)}/cancel`, {}))
}

/** What redriving would do now; asked for once for each body, for a preview that moves can't be agreed to. */
export function useRedrivePreview(body: RedriveBody) {
  return useQuery({
    queryKey: ['redrive-preview', body],
    queryFn: () => postJson<RedrivePreview>('/dead-letters/redrive/preview', body),
    staleTime: Number.POSITIVE_INFINITY,
    gcTime: 0,
    refetchOnWindowFocus: false,
  })
}

export function useRedrive() {
  return useChange((body: RedriveBody) => postJson<Job>('/dead-letters/redrive', body))
}

const groupPath = (group: string) => `/groups/${encodeURIComponent(group)}`

export function usePause(group: string) {
  return useChange((action: 'pause' | 'resume') => postJson<GroupAction>(`${groupPath(group)}/${action}`, {}))
}

export function useSeekPreview(group: string) {
  return useMutation({
    mutationFn: (body: SeekBody) => postJson<SeekPreview>(`${groupPath(group)}/seek/preview`, body),
  })
}

export function useSeek(group: string) {
  return useChange((body: SeekBody) => postJson<SeekPreview>(`${groupPath(group)}/seek`, body))
}

/** After it, everything on the screen is asked for again: it changes more than one list. */
function useChange<Input, Answer>(mutationFn: (input: Input) => Promise<Answer>) {
  const queryClient = useQueryClient()
  return useMutation({ mutationFn, onSettled: () => void queryClient.invalidateQueries({ predicate: isShown }) })
}

/** A dry run stays what it was when somebody agreed to it. */
function isShown({ queryKey }: { queryKey: readonly unknown[] }): boolean {
  return queryKey[0] !== 'redrive-preview'
}
