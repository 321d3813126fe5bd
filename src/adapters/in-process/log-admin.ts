import { OrdermillError } from '../../errors.ts'
import type { Log, TopicSpec } from '../../ports/log.ts'
import type { CommitQueue } from './commit-queue.ts'
import type { ConsumerGroup } from './consumer-group.ts'
import { partitionOf, topicOf, type LogState, type PartitionState } from './log-state.ts'
import { randomId } from './runtime.ts'

type AdminContext = Readonly<{
  queue: CommitQueue
  state: LogState
  groups: ReadonlyMap<string, ConsumerGroup>
  random: () => number
}>

export function createTopics(
  { queue, state, groups, random }: AdminContext,
  topics: readonly TopicSpec[],
): Promise<void> {
  return queue.submit({
    bytes: 0,
    alone: true,
    prepare: (draft) => {
      for (const topic of topics) checkSpec(topic)
      const missing = new Map(topics.filter(({ name }) => !state.topics.has(name)).map((spec) => [spec.name, spec]))
      if (missing.size === 0) return
      draft.add({ createdTopics: [...missing.values()].map((spec) => ({ id: randomId(random), spec })) })
    },
    written: () => {
      for (const group of groups.values()) group.rebalance()
    },
  })
}

function checkSpec({ name, partitions }: TopicSpec): void {
  if (Number.isSafeInteger(partitions) && partitions > 0) return
  throw new OrdermillError('CONFIG_INVALID', `Topic ${name} can't have ${partitions} partitions: 1 or more.`)
}

export function deleteTopic({ queue, state, groups }: AdminContext, name: string): Promise<void> {
  return queue.submit({
    bytes: 0,
    alone: true,
    prepare: (draft) => draft.add({ deletedTopics: [{ id: topicOf(state, name).id, name }] }),
    written: () => {
      for (const group of groups.values()) group.rebalance()
    },
  })
}

export function seek(
  { queue, state, groups }: AdminContext,
  group: string,
  targets: Parameters<Log['seek']>[1],
): Promise<void> {
  const partitions: PartitionState[] = []
  return queue.submit({
    bytes: 0,
    alone: true,
    prepare: (draft) => {
      for (const target of targets) partitions.push(seekTarget(state, target))
      for (const [index, { topicId, partition }] of partitions.entries()) {
        draft.setOffset({ group, topicId, partition, offset: targets[index]?.offset ?? 0 })
      }
    },
    written: () => groups.get(group)?.retake(partitions),
  })
}

function seekTarget(state: LogState, { topic, partition, offset }: Parameters<Log['seek']>[1][number]): PartitionState {
  const known = partitionOf(state, topic, partition)
  if (Number.isSafeInteger(offset) && offset >= 0 && offset <= known.end) return known
  const where = `partition ${partition} of ${topic}: it must be a whole number from 0 to its end, ${known.end}`
  throw new OrdermillError('REQUEST_INVALID', `Can't move a group to offset ${offset} of ${where}.`)
}

/** Keeps what the group's members read, so that its lag is known to others before its first commit. */
export async function rememberSubscription(
  queue: CommitQueue,
  state: LogState,
  { name, members }: ConsumerGroup,
): Promise<void> {
  const topics = [...new Set([...members].flatMap((member) => member.topics))].toSorted()
  if (state.subscriptions.get(name)?.join('\n') === topics.join('\n')) return
  state.subscriptions.set(name, topics)
  try {
    await queue.submit({ bytes: 0, prepare: (draft) => draft.subscribe({ group: name, topics }) })
  } catch {
    // A log that can't be written makes the group's commits fail, and those are reported. Here only what other
    // processes see of the lag suffers, until the next member joins.
    state.subscriptions.delete(name)
  }
}
