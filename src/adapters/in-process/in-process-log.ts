import type { Log, NewRecord } from '../../ports/log.ts'
import { createCommitQueue } from './commit-queue.ts'
import { createConsumerGroup, membersOf, type ConsumerGroup } from './consumer-group.ts'
import { createTopics, deleteTopic, seek } from './log-admin.ts'
import { draftChange, type LogDraft } from './log-draft.ts'
import { logClosed } from '../../ports/log-errors.ts'
import { describeTopics, groupLag, groupNames, offsetAt, readRange } from './log-queries.ts'
import { applyChange, stateOf } from './log-state.ts'
import type { LogChange, LogStorage } from './log-storage.ts'
import { recordBytes } from './record-bytes.ts'
import { createRetention } from './retention.ts'
import { runMember } from './run-member.ts'
import { randomId, systemRuntime, type Runtime } from './runtime.ts'

/**
 * A log over `storage`, whose only writer it must be. Closing it closes the storage.
 *
 * The memory and the SQLite log are this with another storage, so what it promises is decided here once.
 */
export function openInProcessLog(storage: LogStorage, options: Partial<Runtime> = {}): Log {
  const runtime = { ...systemRuntime, ...options }
  const state = stateOf(storage.load())
  const groups = new Map<string, ConsumerGroup>()
  const removeExpired = createRetention(storage, state)
  removeExpired(runtime.now())
  let closed = false

  const transact = (prepare: (draft: LogDraft) => void): void => {
    const nowMs = runtime.now()
    removeExpired(nowMs)
    const draft = draftChange(state, nowMs)
    prepare(draft)
    const change = draft.change()
    if (isEmpty(change)) return
    storage.write(change)
    applyChange(state, change)
    wakeReaders(groups, change)
  }
  const queue = createCommitQueue(transact, runtime.defer)
  const newToken = createTokens(runtime.random)
  const groupOf = (name: string): ConsumerGroup => {
    const group = groups.get(name) ?? createConsumerGroup(name, state, newToken)
    groups.set(name, group)
    return group
  }
  const whileOpen = async <Result>(query: () => Result): Promise<Awaited<Result>> => {
    if (closed) throw logClosed()
    return await query()
  }
  const shutDown = (): void => {
    closed = true
    queue.close()
    storage.close()
    for (const group of groups.values()) for (const member of group.members) member.wake()
  }
  const admin = { queue, state, groups, random: runtime.random }

  return {
    append: (records) => queue.submit({ bytes: totalBytes(records), prepare: (draft) => draft.append(records) }),
    transform: (subscription, step, signal) =>
      whileOpen(() => {
        const group = groupOf(subscription.group)
        const context = { state, storage, group, queue, runtime, isClosed: () => closed }
        return runMember(context, subscription, step, signal)
      }),
    read: (range) => whileOpen(() => readRange(storage, state, range)),
    createTopics: (topics) => createTopics(admin, topics),
    deleteTopic: (topic) => deleteTopic(admin, topic),
    topics: () => whileOpen(() => describeTopics(state)),
    lag: (group) => whileOpen(() => groupLag(storage, state, group)),
    groups: () => whileOpen(() => groupNames(state)),
    offsetAt: (topic, partition, timestampMs) =>
      whileOpen(() => offsetAt(storage, state, { topic, partition }, timestampMs)),
    members: (group) => whileOpen(() => membersOf(groups.get(group))),
    seek: (group, targets) => seek(admin, group, targets),
    close: () => {
      if (!closed) shutDown()
      return Promise.resolve()
    },
  }
}

function totalBytes(records: readonly NewRecord[]): number {
  return records.reduce((bytes, record) => bytes + recordBytes(record), 0)
}

function isEmpty(change: LogChange): boolean {
  return Object.values(change).every((part) => part.length === 0)
}

/** Each open of a log has an id of its own in its tokens: a token from before a restart never comes again. */
function createTokens(random: () => number): () => string {
  const openId = randomId(random)
  let count = 0
  return () => {
    count += 1
    return `${openId}-${count}`
  }
}

function wakeReaders(groups: ReadonlyMap<string, ConsumerGroup>, { appends = [] }: LogChange): void {
  for (const { members } of groups.values()) {
    for (const member of members) {
      if (appends.some(({ partition }) => member.topics.includes(partition.topic))) member.wake()
    }
  }
}
