import { randomUUID } from 'node:crypto'
import type { TestContext } from 'node:test'
import type { Log, LogRecord, NewRecord, Step, Subscription, TopicSpec } from '../../src/ports/log.ts'
import { waitFor } from './wait-for.ts'

/** A log for one test, as its adapter offers it. */
export type LogFixture = Readonly<{
  /** May be called again after the Log of the previous call was closed, and finds what that one left. */
  open: () => Promise<Log>
  /** Several may be open at once, as if each were in a process of its own. */
  shared: boolean
  /** Moves the log's clock on. An adapter without it skips the tests that need it. */
  advance?: (durationMs: number) => void
}>

export type OpenFixture = (t: TestContext) => Promise<LogFixture>

export type RunningMember = Readonly<{
  /** Leaves gracefully. Rejects with what `transform` rejected with. */
  stop: () => Promise<void>
  /** Settles as `transform` does. */
  done: Promise<void>
  abort: () => void
}>

export type LogHarness = Readonly<{
  fixture: LogFixture
  log: Log
  /** Another Log on the same records where the adapter has that, else the same. */
  other: () => Promise<Log>
  /** Closes the log and opens it again. */
  reopen: () => Promise<Log>
  createTopic: (spec?: Partial<TopicSpec>) => Promise<string>
  startMember: (log: Log, subscription: MemberSubscription, step: Step) => RunningMember
}>

type MemberSubscription = Pick<Subscription, 'group' | 'topics'> & Partial<Subscription>

/** Whatever it opened and started is stopped and closed when the test ends. */
export async function openHarness(t: TestContext, openFixture: OpenFixture): Promise<LogHarness> {
  const members: RunningMember[] = []
  const logs = new Set<Log>()
  // Before the fixture adds its own: logs are closed before their files are removed.
  t.after(async () => {
    for (const member of members) member.abort()
    await Promise.allSettled(members.map(({ done }) => done))
    await Promise.all([...logs].map((log) => log.close()))
  })
  const fixture = await openFixture(t)
  const open = async (): Promise<Log> => {
    const log = await fixture.open()
    logs.add(log)
    return log
  }
  const log = await open()

  return {
    fixture,
    log,
    other: () => (fixture.shared ? open() : Promise.resolve(log)),
    reopen: async () => {
      await Promise.all([...logs].map((opened) => opened.close()))
      logs.clear()
      return open()
    },
    createTopic: async (spec = {}) => {
      const name = uniqueName('topic')
      await log.createTopics([{ name, partitions: 1, recordBytesMax: 100_000, ...spec }])
      return name
    },
    startMember: (on, subscription, step) => {
      const member = startMember(on, subscription, step)
      members.push(member)
      return member
    },
  }
}

function startMember(log: Log, subscription: MemberSubscription, step: Step): RunningMember {
  const controller = new AbortController()
  const done = log.transform({ recordsMax: 100, bytesMax: 1_000_000, ...subscription }, step, controller.signal)
  // A test that expects a rejection awaits `done` later than it may come.
  done.catch(() => {})
  const abort = (): void => controller.abort()
  const stop = (): Promise<void> => {
    abort()
    return done
  }
  return { stop, done, abort }
}

/** Tests share a broker where the adapter has one. */
export function uniqueName(kind: string): string {
  return `${kind}-${randomUUID().slice(0, 8)}`
}

export function utf8(text: string): Uint8Array {
  return new TextEncoder().encode(text)
}

export function textOf(bytes: Uint8Array | null): string | null {
  return bytes === null ? null : new TextDecoder().decode(bytes)
}

export function valueOf({ value }: Pick<LogRecord, 'value'>): string {
  return textOf(value) ?? '(null)'
}

/** One record for each value, all of the same key unless they name a partition. */
export function recordsOf(topic: string, values: readonly string[], partition?: number): readonly NewRecord[] {
  const key = utf8('key')
  return values.map((value) => ({ topic, key, value: utf8(value), ...(partition === undefined ? {} : { partition }) }))
}

export function numbered(prefix: string, count: number): readonly string[] {
  return Array.from({ length: count }, (_, index) => `${prefix}${index}`)
}

/** All records of a partition. */
export async function readPartition(log: Log, topic: string, partition = 0): Promise<readonly LogRecord[]> {
  const all: LogRecord[] = []
  for (let offset = 0; ;) {
    const { records, next } = await log.read({ topic, partition, offset, recordsMax: 1_000, bytesMax: 1_000_000 })
    if (records.length === 0) return all
    all.push(...records)
    offset = next
  }
}

/** All records of a topic, partition by partition. */
export async function readTopic(log: Log, topic: string): Promise<readonly LogRecord[]> {
  const description = (await log.topics()).find(({ name }) => name === topic)
  const partitions = description?.partitions ?? []
  return (await Promise.all(partitions.map(({ partition }) => readPartition(log, topic, partition)))).flat()
}

/** Waits until a group has committed everything that its topics hold. */
export async function waitUntilCaughtUp(log: Log, group: string): Promise<void> {
  await waitFor(`group ${group} has caught up`, async () => {
    const lag = await log.lag(group)
    return lag.length > 0 && lag.every(({ lagRecords }) => lagRecords === 0)
  })
}
