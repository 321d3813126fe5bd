import { backoffMs, type Backoff } from '../../domain/backoff.ts'
import type { NewRecord, Step, Subscription } from '../../ports/log.ts'
import type { Cluster, Runtime } from './kafka-cluster.ts'
import { consume, type Attempts } from './kafka-consume.ts'
import { openMembership, type Generation } from './kafka-membership.ts'
import type { GroupOffsets } from './kafka-offset-commit.ts'

export type TransformDeps = Readonly<{
  cluster: Cluster
  runtime: Runtime
  commit: (outputs: readonly NewRecord[], offsets: GroupOffsets) => Promise<void>
  onTrouble: (error: unknown) => void
}>

const retryPause: Backoff = { baseMs: 50, maxMs: 5_000 }

/** One member of a group, from joining it to leaving it: generation after generation. */
export async function transform(
  deps: TransformDeps,
  subscription: Subscription,
  step: Step,
  signal: AbortSignal,
): Promise<void> {
  const { cluster, runtime, onTrouble } = deps
  const { group, topics } = subscription
  const membership = openMembership({ cluster, runtime, group, topics, onTrouble })
  const attempts: Attempts = new Map()
  let failures = 0
  /** Goes on counting: a member that joins again may find itself in the same generation. */
  let takes = 0
  const commit: TransformDeps['commit'] = async (outputs, offsets) => {
    await deps.commit(outputs, offsets)
    failures = 0
  }
  const work = async (generation: Generation): Promise<void> => {
    const stopping = AbortSignal.any([signal, generation.over])
    takes += 1
    while (!stopping.aborted) {
      const end = await consume({ ...deps, commit, subscription, step, attempts }, generation, takes, signal)
      if (end === 'stopped' || end === 'generation-over') return
      if (end === 'unanswered-commit') return membership.renounce()
      if (end === 'fenced-step') takes += 1
      failures += 1
      await runtime.sleep(backoffMs(retryPause, failures, runtime.random()), stopping)
    }
  }
  const left = new AbortController()
  const staying = AbortSignal.any([signal, left.signal])
  let joining = membership.join(staying)
  try {
    for (;;) {
      const generation = await joining
      if (!generation) return
      // A step may take a while to give up, and the whole group would wait for it.
      joining = ended(generation.over).then(() => membership.join(staying))
      await work(generation)
      if (signal.aborted) return
      generation.end()
    }
  } finally {
    left.abort()
    await membership.leave()
  }
}

function ended(over: AbortSignal): Promise<void> {
  if (over.aborted) return Promise.resolve()
  return new Promise((resolve) => {
    over.addEventListener('abort', () => resolve(), { once: true })
  })
}
