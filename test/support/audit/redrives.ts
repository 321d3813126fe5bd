import type { Log, LogRecord } from '../../../src/ports/log.ts'
import { readTopic } from '../log-harness.ts'
import { headerOf, jsonOf } from '../order-json.ts'
import { refusedPlace } from './audit-outputs.ts'
import { orderGroups, type OrderGroup } from './facts.ts'

/** A letter, and the record that was refused. */
export type Letter = Readonly<{
  id: string
  group: OrderGroup
  code: string
  timestampMs: number
  refused: LogRecord | undefined
}>

/** A record that came back to its group. */
export type Redriven = Readonly<{ group: OrderGroup; record: LogRecord; letterId: string; jobId: string }>

/** What an operator asked for, as the log has it. */
export type RedriveJob = Readonly<{
  id: string
  atMs: number
  spec: Readonly<{
    ids?: readonly string[]
    filter?: Readonly<{ group?: string; code?: string }>
    limit: number
    quarantined: boolean
    edit?: Readonly<{ value: string; headers?: readonly Readonly<{ name: string; value: string }>[] }>
  }>
  ends: readonly JobEnd[]
}>

export type JobEnd = Readonly<{ id: string; at_ms: number; outcome: string; progress: Readonly<{ detail: string }> }>

/** All that the log tells of redrives, read without the code that made them. */
export type RedriveFacts = Readonly<{
  letters: ReadonlyMap<string, Letter>
  redriven: readonly Redriven[]
  jobs: ReadonlyMap<string, RedriveJob>
  /** How often the record of a letter had been redriven when it was refused. */
  depthOf: (letterId: string) => number
}>

export async function readRedrives(log: Log): Promise<RedriveFacts> {
  const records = new Map((await readTopic(log, 'orders')).map((record) => [nameOf(record), record]))
  const redriven: Redriven[] = []
  for (const group of orderGroups) {
    for (const record of await readTopic(log, `orders.${group}.retry`)) {
      records.set(nameOf(record), record)
      const letterId = headerOf(record, 'x-redrive-of')
      if (letterId) redriven.push({ group, record, letterId, jobId: headerOf(record, 'x-redrive-job') ?? '' })
    }
  }
  const letters = new Map<string, Letter>()
  for (const group of orderGroups) {
    for (const record of await readTopic(log, `orders.${group}.dlq`)) {
      const refused = records.get(refusedPlace(record))
      const letter = letterOf(group, record, refused)
      letters.set(letter.id, letter)
    }
  }
  const depthOf = (letterId: string): number => {
    const refused = letters.get(letterId)?.refused
    const earlier = refused && refused.topic !== 'orders' ? headerOf(refused, 'x-redrive-of') : undefined
    return earlier ? 1 + depthOf(earlier) : 0
  }
  return { letters, redriven, jobs: jobsOf(await readTopic(log, 'ordermill-operations')), depthOf }
}

function nameOf({ topic, partition, offset }: Pick<LogRecord, 'topic' | 'partition' | 'offset'>): string {
  return `${topic}-${partition}-${offset}`
}

function letterOf(group: OrderGroup, letter: LogRecord, refused: LogRecord | undefined): Letter {
  const told = (name: string) => headerOf(letter, `__dlq.errors.${name}`) ?? ''
  const id = Buffer.from(
    JSON.stringify([group, told('topic'), Number(told('partition')), Number(told('offset'))]),
  ).toString('base64url')
  return { id, group, code: told('code'), timestampMs: letter.timestampMs, refused }
}

function jobsOf(records: readonly LogRecord[]): ReadonlyMap<string, RedriveJob> {
  const operations = records.map(
    (record) =>
      jsonOf(record) as { kind: string; at_ms: number; spec?: RedriveJob['spec'] & { kind: string } } & JobEnd,
  )
  const jobs = new Map<string, RedriveJob>()
  for (const { kind, id, at_ms: atMs, spec } of operations) {
    if (kind !== 'job' || spec?.kind !== 'redrive' || jobs.has(id)) continue
    jobs.set(id, { id, atMs, spec, ends: operations.filter((one) => one.kind === 'end' && one.id === id) })
  }
  return jobs
}
