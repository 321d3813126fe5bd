import { backoffMs } from '../../domain/backoff.ts'
import { hasCode, OrdermillError } from '../../errors.ts'
import type { NewRecord, Step, Subscription } from '../../ports/log.ts'
import type { CommitQueue } from './commit-queue.ts'
import type { ConsumerGroup, Member } from './consumer-group.ts'
import { cutBatch, type CutBatch } from './cut-batch.ts'
import { rememberSubscription } from './log-admin.ts'
import { fenced, logClosed } from '../../ports/log-errors.ts'
import type { LogState } from './log-state.ts'
import type { LogStorage } from './log-storage.ts'
import { recordBytes } from './record-bytes.ts'
import type { Runtime } from './runtime.ts'

const retryBackoff = { baseMs: 50, maxMs: 5_000 }
/** How long a batch in flight may take after `signal`: less than the half minute after which platforms kill. */
const finishGraceMs = 10_000

export type MemberContext = Readonly<{
  state: LogState
  storage: LogStorage
  group: ConsumerGroup
  queue: CommitQueue
  runtime: Runtime
  isClosed: () => boolean
}>

/** `transform`: one member, from joining its group to leaving it. */
export async function runMember(
  context: MemberContext,
  subscription: Subscription,
  step: Step,
  signal: AbortSignal,
): Promise<void> {
  const bell = createBell()
  const member = context.group.join(subscription.topics, bell.ring)
  const left = new AbortController()
  const giveUpLater = async (): Promise<void> => {
    await context.runtime.sleep(finishGraceMs, left.signal)
    if (!left.signal.aborted) member.batch?.controller.abort()
  }
  const finish = (): void => {
    bell.ring()
    void giveUpLater()
  }
  signal.addEventListener('abort', finish)
  void rememberSubscription(context.queue, context.state, context.group)
  try {
    let failures = 0
    while (!signal.aborted) {
      if (context.isClosed()) throw logClosed()
      const outcome = await handOut(context, member, subscription, step)
      if (outcome === 'idle') await bell.heard()
      failures = outcome === 'failed' ? failures + 1 : 0
      if (failures > 0) await pause(context.runtime, failures, signal)
    }
  } finally {
    signal.removeEventListener('abort', finish)
    left.abort()
    context.group.leave(member)
  }
}

type Outcome = 'idle' | 'committed' | 'dropped' | 'failed'

async function handOut(
  context: MemberContext,
  member: Member,
  subscription: Subscription,
  step: Step,
): Promise<Outcome> {
  let cut: CutBatch | undefined
  const controller = new AbortController()
  try {
    cut = cutBatch(context, member, subscription)
    if (cut === undefined) return 'idle'
    member.batch = { assignments: cut.assignments, controller }
    const outputs = await step({ slices: cut.slices, attempt: cut.attempt, signal: controller.signal })
    await commit(context, cut, outputs)
    return 'committed'
  } catch (error) {
    // Whatever the step says after its partitions were taken away: others have them now.
    if (controller.signal.aborted) return 'dropped'
    if (hasCode(error, 'FENCED')) context.group.retake((cut?.assignments ?? []).map(({ partition }) => partition))
    else if (error instanceof OrdermillError && !error.retryable) throw error
    return 'failed'
  }
}

function commit({ group, queue }: MemberContext, cut: CutBatch, outputs: readonly NewRecord[]): Promise<void> {
  return queue.submit({
    bytes: outputs.reduce((bytes, record) => bytes + recordBytes(record), 0),
    prepare: (draft) => {
      for (const { lost, partition } of cut.assignments) {
        if (lost) throw fenced(group.name, partition.topic, partition.partition)
      }
      draft.append(outputs)
      for (const { topicId, partition, from, next } of cut.slices) {
        if (next > from) draft.setOffset({ group: group.name, topicId, partition, offset: next })
      }
    },
    written: () => {
      for (const assignment of cut.assignments) assignment.announced = true
    },
  })
}

async function pause({ random, sleep }: Runtime, failures: number, signal: AbortSignal): Promise<void> {
  await sleep(backoffMs(retryBackoff, failures, random()), signal)
}

/** Lets one listener wait until it is rung. Rung with nobody waiting, it is heard at once by the next. */
function createBell(): Readonly<{ ring: () => void; heard: () => Promise<void> }> {
  let rung = Promise.withResolvers<void>()
  return {
    ring: () => rung.resolve(),
    heard: async () => {
      await rung.promise
      rung = Promise.withResolvers<void>()
    },
  }
}
