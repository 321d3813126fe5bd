import { OrdermillError } from '../../errors.ts'
import type { LogPosition, NewRecord } from '../../ports/log.ts'
import type { Cluster } from './kafka-cluster.ts'
import { logClosed, tooMuchPending } from '../../ports/log-errors.ts'
import { recordBytes, type Batch } from './kafka-placement.ts'
import type { BatchWriter, TransactionalProducer } from './kafka-producer.ts'
import { UnknownOutcome } from './kafka-transactional-producer.ts'

export type AppendDeps = Readonly<{
  cluster: Cluster
  /** Writes all of a call or nothing. Undefined where brokers have no transactions. */
  transactional: TransactionalProducer | undefined
  /** Writes each batch of a call or not. */
  plain: Pick<BatchWriter, 'write'>
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
        if (queue.length > 0 && pendingBytes + bytes > pendingBytesMax) return reject(tooMuchPending(pendingBytesMax))
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
    const batches = await deps.cluster.persistently(() => deps.place(records))
    const written = await write(deps, records, batches, requests)
    let begin = 0
    const answers = requests.map((request) => {
      const end = begin + request.records.length
      const positions = positionsOf(written, { begin, end })
      begin = end
      return answer(request, positions)
    })
    await Promise.all(answers)
  } catch (error) {
    // Nothing is written: one of them can never be, and the others must not suffer for it.
    if (requests.length > 1 && error instanceof OrdermillError && !error.retryable) {
      for (const request of requests) await writeTogether(deps, [request])
      return
    }
    for (const { reject } of requests) reject(error)
  }
}

async function answer({ resolve, reject }: Pending, positions: Promise<readonly LogPosition[]>): Promise<void> {
  try {
    resolve(await positions)
  } catch (error) {
    reject(error)
  }
}

type Written = ReadonlyMap<Batch, Promise<number> | number>

/** @throws when nothing of it was written; a batch that can't be written by itself rejects by itself */
function write(
  { transactional, plain, ...deps }: AppendDeps,
  records: readonly NewRecord[],
  batches: readonly Batch[],
  requests: readonly Pending[],
): Promise<Written> {
  if (transactional && !isEachWhole(batches, ownersOf(requests)))
    return writeInTransaction(deps, transactional, records)
  return plain.write(batches)
}

/** Which call each record is of. */
function ownersOf(requests: readonly Pending[]): readonly number[] {
  return requests.flatMap((request, index) => request.records.map(() => index))
}

/** Exactly once, also when the end of a transaction is not acknowledged: then the log itself tells. */
async function writeInTransaction(
  { cluster, place, isReadable }: Pick<AppendDeps, 'cluster' | 'place' | 'isReadable'>,
  transactional: TransactionalProducer,
  records: readonly NewRecord[],
): Promise<ReadonlyMap<Batch, number>> {
  let unknown: UnknownOutcome | undefined
  return cluster.persistently(
    async () => {
      if (unknown) {
        await transactional.settled()
        const [first] = unknown.bases
        if (first && (await isReadable(...first))) return unknown.bases
        unknown = undefined
      }
      try {
        return await transactional.commit({ batches: await place(records) })
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

/** Of the records of one call, in their order. */
async function positionsOf(
  written: Written,
  owner: Readonly<{ begin: number; end: number }>,
): Promise<readonly LogPosition[]> {
  const positions: LogPosition[] = []
  for (const [{ topic, topicId, partition, indexes }, base] of written) {
    for (const [place, index] of indexes.entries()) {
      if (index < owner.begin || index >= owner.end) continue
      positions[index - owner.begin] = { topic, topicId, partition, offset: (await base) + place }
    }
  }
  return positions
}
