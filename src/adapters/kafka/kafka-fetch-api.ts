import { createAPI, fetchV13, Reader, ResponseError } from '@platformatic/kafka'

export type FetchedPartition = Readonly<{
  topicId: string
  partition: number
  errorCode: number
  /** Everything below it belongs to transactions that have ended. */
  lastStableOffset: number
  highWatermark: number
  abortedTransactions: readonly Readonly<{ producerId: bigint; firstOffset: number }>[]
  /** Whole record batches, and perhaps a part of one. */
  bytes: Buffer
}>

export type FetchTarget = Readonly<{ topicId: string; partition: number; offset: number; bytesMax: number }>

type FetchLimits = Readonly<{ waitMs: number; bytesMax: number }>

const readCommitted = 1
const noBytes = Buffer.alloc(0)

/**
 * Fetch, version 13: topics are named by id, so that a topic that was made again is never taken for the one before.
 * Record batches are left as they are. Errors of single partitions are theirs alone.
 */
export const fetchApi = createAPI<[targets: readonly FetchTarget[], limits: FetchLimits], readonly FetchedPartition[]>(
  fetchV13.api.key,
  fetchV13.api.version,
  (targets: readonly FetchTarget[], { waitMs, bytesMax }: FetchLimits) =>
    fetchV13.createRequest(waitMs, 1, bytesMax, readCommitted, 0, -1, topicsOf(targets), [], ''),
  (_correlationId, apiKey, apiVersion, reader) => {
    reader.readInt32()
    const errorCode = reader.readInt16()
    reader.readInt32()
    if (errorCode !== 0) throw new ResponseError(apiKey, apiVersion, { '/': [errorCode, null] }, undefined)
    return reader.readArray(readTopic).flat()
  },
)

function topicsOf(targets: readonly FetchTarget[]) {
  return [...Map.groupBy(targets, ({ topicId }) => topicId)].map(([topicId, own]) => ({
    topicId,
    partitions: own.map(({ partition, offset, bytesMax }) => ({
      partition,
      currentLeaderEpoch: -1,
      fetchOffset: BigInt(offset),
      lastFetchedEpoch: -1,
      partitionMaxBytes: bytesMax,
    })),
  }))
}

function readTopic(reader: Reader): readonly FetchedPartition[] {
  const topicId = reader.readUUID()
  return reader.readArray((each) => readPartition(each, topicId))
}

function readPartition(reader: Reader, topicId: string): FetchedPartition {
  const partition = reader.readInt32()
  const errorCode = reader.readInt16()
  const highWatermark = Number(reader.readInt64())
  const lastStableOffset = Number(reader.readInt64())
  // Where the log begins.
  reader.readInt64()
  const abortedTransactions =
    reader.readNullableArray((each) => ({
      producerId: each.readInt64(),
      firstOffset: Number(each.readInt64()),
    })) ?? []
  reader.readInt32()
  const bytes = reader.readNullableBytes() ?? noBytes
  return {
    topicId,
    partition,
    errorCode,
    highWatermark,
    lastStableOffset,
    abortedTransactions,
    bytes,
  }
}
