import { OrdermillError } from '../../errors.ts'
import type { LogPosition, NewRecord } from '../../ports/log.ts'
import type { Cluster } from './kafka-cluster.ts'
import { logClosed } from './kafka-errors.ts'
import { recordBytes, type Batch } from './kafka-placement.ts'
import type { Producer } from './kafka-producer.ts'
import { UnknownOutcome } from './kafka-transactional-producer.ts'

export type AppendDeps = Readonly<{
  cluster: Cluster
  /** Writes all of a call or nothing. Undefined where brokers have no transactions. */
  transactional: Producer | undefined
  /** Writes each batch of a call or not. */
  plain: Pick<Producer, 'commit'>
  place: (records: readonly NewRecord[]) => Promise<readonly Batch[]>
  /** Whether readers of committed records see the batch that begins at an offset. */
  isReadable: (batch: Batch, base: number) => Promise<boolean>
}>

export type Appender = Readonly<{
  append: (records: readonly NewRecord[]) => Promise<readonly LogPosition[]>
  close: () => Promise<void>
}>

type Pending = Readonly<{
  records: readonly NewRecord[]
  bytes: number
  resolve: (positions: readonly LogPosition[]) => void
  reject: (error: unknown) => void
}>

/** More would only hold up everybody who waits for the transaction. */
const transactionBytesMax = 4 * 1024 * 1024
/** What may wait while a transaction is written: callers that append without waiting are told to slow down. */
const pendingBytesMax = 64 * 1024 * 1024
/** As long as the contract's producer waits for an acknowledgement. */
const retryForMs = 20_000

/**
 * Group commit: appends that are pending together share their requests, and a transaction where one of them goes to
 * several partitions: it takes a round trip to several brokers before the next may begin.
 */
export function openAppender(deps: AppendDeps): Appender {
  const queue: Pending[] = []
  let pendingBytes = 0
  let writing: Promise<void> | undefined
  let isClosed = false

  const write = async (): Promise<void> => {
    while (queue.length > 0) {
      const requests = queue.splice(0, transactionLength(queue))
      pendingBytes -= requests.reduce((bytes, request) => bytes + request.bytes, 0)
      await writeTogether(deps, requests)
    }
    writing = undefined
  }
  return {
    append: (records) =>
      new Promise((resolve, reject) => {
        if (isClosed) return reject(logClosed())
        const bytes = records.reduce((sum, record) => sum + recordBytes(record), 0)
        if (queue.length > 0 && pendingBytes + bytes > pendingBytesMax) return reject(tooMuchPending())
        pendingBytes += bytes
        queue.push({ records, bytes, resolve, reject })
        // Whoever appends in the same turn of the event loop comes along.
        writing ??= Promise.resolve().then(write)
      }),
    async close() {
      isClosed = true
      await writing
    },
  }
}

/** How many requests at the head of the queue share the next transaction. */
function transactionLength(queue: readonly Pending[]): number {
  let bytes = 0
  const end = queue.findIndex((pending, index) => {
    bytes += pending.bytes
    return index > 0 && bytes > transactionBytesMax
  })
  return end === -1 ? queue.length : end
}

async function writeTogether(deps: AppendDeps, requests: readonly Pending[]): Promise<void> {
  try {
    const records = requests.flatMap((request) => request.records)
    const owners = requests.flatMap((request, index) => request.records.map(() => index))
    const positions = await writeOnce(deps, records, owners)
    let begin = 0
    for (const { records: own, resolve } of requests) {
      resolve(positions.slice(begin, begin + own.length))
      begin += own.length
    }
  } catch (error) {
    if (requests.length > 1 && error instanceof OrdermillError && !error.retryable) {
      // One of them can never be written: the others must not suffer for it.
      for (const request of requests) await writeTogether(deps, [request])
      return
    }
    for (const { reject } of requests) reject(error)
  }
}

/** @param owners which call each record is of */
async function writeOnce(
  deps: AppendDeps,
  records: readonly NewRecord[],
  owners: readonly number[],
): Promise<readonly LogPosition[]> {
  const batches = await deps.cluster.persistently(() => deps.place(records))
  if (batches.length === 0) return []
  if (deps.transactional && !isEachWhole(batches, owners)) return writeInTransaction(deps, deps.transactional, records)
  return positionsOf(await deps.plain.commit({ batches }))
}

/** Exactly once, also when the end of a transaction is not acknowledged: then the log itself tells. */
async function writeInTransaction(
  { cluster, place, isReadable }: AppendDeps,
  transactional: Producer,
  records: readonly NewRecord[],
): Promise<readonly LogPosition[]> {
  let unknown: UnknownOutcome | undefined
  return cluster.persistently(
    async () => {
      if (unknown) {
        await transactional.settled()
        const [first] = unknown.bases
        if (first && (await isReadable(...first))) return positionsOf(unknown.bases)
        unknown = undefined
      }
      try {
        return positionsOf(await transactional.commit({ batches: await place(records) }))
      } catch (error) {
        if (error instanceof UnknownOutcome) unknown = error
        throw error
      }
    },
    { forMs: retryForMs },
  )
}

/** A broker tells repetitions of a partition's last five batches. */
const batchesOfPartitionMax = 5

/** Each call is in one batch, which is written whole or not at all: no transaction is needed. */
function isEachWhole(batches: readonly Batch[], owners: readonly number[]): boolean {
  const batchOf = new Map<number, Batch>()
  for (const batch of batches) {
    for (const index of batch.indexes) {
      const owner = owners[index] ?? -1
      if ((batchOf.get(owner) ?? batch) !== batch) return false
      batchOf.set(owner, batch)
    }
  }
  const counts = Map.groupBy(batches, ({ topicId, partition }) => `${partition} ${topicId}`)
  return [...counts.values()].every(({ length }) => length <= batchesOfPartitionMax)
}

function positionsOf(bases: ReadonlyMap<Batch, number>): readonly LogPosition[] {
  const positions: LogPosition[] = []
  for (const [{ topic, topicId, partition, indexes }, base] of bases) {
    for (const [place, index] of indexes.entries())
      positions[index] = { topic, topicId, partition, offset: base + place }
  }
  return positions
}

function tooMuchPending(): OrdermillError {
  const limit = `more than ${pendingBytesMax} bytes wait to be written`
  return new OrdermillError(
    'LOG_UNAVAILABLE',
    `The log is written to faster than Kafka takes it: ${limit}. Wait for earlier appends.`,
  )
}
