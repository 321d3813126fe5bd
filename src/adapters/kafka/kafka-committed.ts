import { OrdermillError } from '../../errors.ts'
import type { LogRecord } from '../../ports/log.ts'
import type { FetchedPartition } from './kafka-fetch-api.ts'
import { readBatches, type BatchRecord, type RecordBatch } from './record-batch.ts'

export type Committed = Readonly<{
  records: readonly LogRecord[]
  /** Where to fetch on: behind every batch that is whole, those that hold nothing for readers too. */
  next: number
}>

type Place = Readonly<{ topic: string; topicId: string; partition: number }>

/**
 * The records that readers of committed ones may see.
 *
 * A broker sends aborted records as well, with a list of where each aborted transaction begins; it ends at its marker,
 * which may be in a later fetch. That next fetch comes with a list of its own that begins before it.
 *
 * @param from the offset that was asked for: a batch that holds it may begin before
 * @see org.apache.kafka.clients.consumer.internals.CompletedFetch
 */
export function committedOf(
  { bytes, abortedTransactions }: Pick<FetchedPartition, 'bytes' | 'abortedTransactions'>,
  place: Place,
  from: number,
): Committed {
  const isAborted = abortedFilter(abortedTransactions)
  const records: LogRecord[] = []
  let next = from
  const batches = readBatches(bytes)
  if (batches.length === 0 && bytes.length > 0) throw unreadable(place, from, 'its length is wrong')
  for (const batch of batches) {
    const isHidden = isAborted(batch) || batch.control !== undefined
    try {
      if (!isHidden) pushAll(records, batch.records(), place, from)
    } catch (error) {
      // What precedes it can be handed out; it is thrown when it comes first.
      if (next > from) break
      throw unreadable(place, from, error instanceof Error ? error.message : String(error))
    }
    next = Math.max(next, batch.nextOffset)
  }
  return { records, next }
}

/** To be asked for each batch in order. */
function abortedFilter(transactions: FetchedPartition['abortedTransactions']): (batch: RecordBatch) => boolean {
  const beginnings = transactions.toSorted((a, b) => a.firstOffset - b.firstOffset)
  const aborted = new Set<bigint>()
  return ({ baseOffset, producerId, isTransactional, control }) => {
    for (let [next] = beginnings; next && next.firstOffset <= baseOffset; [next] = beginnings) {
      aborted.add(next.producerId)
      beginnings.shift()
    }
    if (control === 'abort') aborted.delete(producerId)
    return isTransactional && aborted.has(producerId)
  }
}

function pushAll(to: LogRecord[], records: readonly BatchRecord[], place: Place, from: number): void {
  const { topic, topicId, partition } = place
  for (const { offset, timestampMs, key, value, headers } of records) {
    // Spelt out, since every record passes here and a spread takes several times as long.
    if (offset >= from) to.push({ topic, topicId, partition, offset, timestampMs, key, value, headers })
  }
}

function unreadable({ topic, partition }: Place, offset: number, why: string): OrdermillError {
  return new OrdermillError('LOG_UNAVAILABLE', `${topic}-${partition} can't be read at offset ${offset}: ${why}`)
}
