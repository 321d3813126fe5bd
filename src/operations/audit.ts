import { operationsTopic, type Operation } from '../codec/operation-codec.ts'
import { OrdermillError } from '../errors.ts'
import type { Log } from '../ports/log.ts'
import { operationOf } from './operations-log.ts'

/** Something that somebody changed; `offset` is its place in the operations topic. */
export type AuditEntry = Readonly<{ offset: number; operation: Extract<Operation, { principal: string }> }>
export type AuditPage = Readonly<{ entries: readonly AuditEntry[]; nextCursor: string | null }>

/** Records that one page looks at: steps of jobs lie between the entries, so that it may hold fewer than asked for. */
const windowMax = 2_000
const windowBytesMax = 4 * 1024 * 1024

/** The newest entries first; `cursor` is the offset that the page before ended at. */
export async function auditPage(
  log: Pick<Log, 'read' | 'topics'>,
  { limit, cursor }: Readonly<{ limit: number; cursor?: string }>,
): Promise<AuditPage> {
  const topic = (await log.topics()).find(({ name }) => name === operationsTopic)?.partitions[0]
  if (!topic) return { entries: [], nextCursor: null }
  const before = Math.min(cursor === undefined ? topic.end : offsetOf(cursor), topic.end)
  const from = Math.max(before - windowMax, topic.begin)
  const newest = (await auditEntries(log, from, before)).toReversed()
  const entries = newest.slice(0, limit)
  const last = newest.length > limit ? entries.at(-1)?.offset : from
  return { entries, nextCursor: last !== undefined && last > topic.begin ? String(last) : null }
}

function offsetOf(cursor: string): number {
  if (/^\d{1,15}$/.test(cursor)) return Number(cursor)
  throw new OrdermillError('REQUEST_INVALID', 'the cursor does not belong to this list: start again without a cursor')
}

/** Those of the records in [from, to), the oldest first. */
export async function auditEntries(log: Pick<Log, 'read'>, from: number, to: number): Promise<readonly AuditEntry[]> {
  const entries: AuditEntry[] = []
  for (let offset = from; offset < to;) {
    const range = { topic: operationsTopic, partition: 0, offset, recordsMax: windowMax, bytesMax: windowBytesMax }
    const { records, next } = await log.read(range)
    if (records.length === 0) break
    for (const record of records) {
      const operation = record.offset < to ? operationOf(record) : undefined
      if (operation && 'principal' in operation) entries.push({ offset: record.offset, operation })
    }
    offset = next
  }
  return entries
}
