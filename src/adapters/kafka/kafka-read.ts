import { ProtocolError, protocolErrorsCodesById } from '@platformatic/kafka'
import type { LogRecord, ReadRange, ReadResult } from '../../ports/log.ts'
import type { Cluster, Runtime } from './kafka-cluster.ts'
import { committedOf } from './kafka-committed.ts'
import { fetchApi, type FetchedPartition } from './kafka-fetch-api.ts'
import { unknownPartition } from '../../ports/log-errors.ts'
import { beginOf } from './kafka-offsets.ts'
import { recordBytes } from './kafka-placement.ts'

/**
 * Kafka writes the marker that ends a transaction to one partition after another. A reader that saw one waits so long
 * for the others, that what was committed together is seen together. A transaction that takes longer is still open.
 */
const unendedForMs = 200
const unendedPauseMs = 3
/** The first record batch comes whole, whatever this says. */
const fetchBytesMax = 4 * 1024 * 1024
/** Aborted records come too, and are to be passed in few steps. */
const fetchBytesMin = 64 * 1024

export async function readRange(cluster: Cluster, runtime: Runtime, range: ReadRange): Promise<ReadResult> {
  const { topic: name, partition, recordsMax, bytesMax } = range
  return cluster.persistently(async () => {
    const topic = await cluster.topic(name)
    if (partition >= topic.leaders.length) throw unknownPartition(name, partition, topic.leaders.length)
    const leader = await cluster.leader(name, partition)
    const endMs = performance.now() + unendedForMs
    for (let offset = range.offset; ;) {
      const target = {
        topicId: topic.id,
        partition,
        offset,
        bytesMax: Math.max(fetchBytesMin, Math.min(bytesMax, fetchBytesMax)),
      }
      const limits = { waitMs: 0, bytesMax: fetchBytesMax }
      const [answer] = await cluster.shared.ask(leader, fetchApi, [target], limits)
      if (!answer) throw new ProtocolError('UNKNOWN_SERVER_ERROR')
      const error = protocolErrorsCodesById[answer.errorCode]
      if (error === 'OFFSET_OUT_OF_RANGE') {
        const begin = await beginOf(cluster, topic, partition)
        if (offset >= begin) return { records: [], next: offset }
        offset = begin
        continue
      }
      if (answer.errorCode !== 0) throw new ProtocolError(error ?? answer.errorCode, `${name}-${partition}`)
      const { records, next } = committedOf(answer, { topic: name, topicId: topic.id, partition }, offset)
      if (records.length > 0) return atMost(records, next, { recordsMax, bytesMax })
      if (next === offset) {
        const isBlocked = isUnended(answer, offset)
        if (!isBlocked || performance.now() > endMs) return { records, next, isBlocked }
        await runtime.sleep(unendedPauseMs, new AbortController().signal)
      }
      offset = next
    }
  })
}

/** A leader that was just elected may not know yet how far its records are committed: then its end is below `offset`. */
function isUnended({ lastStableOffset, highWatermark }: FetchedPartition, offset: number): boolean {
  return lastStableOffset < highWatermark || lastStableOffset < offset
}

function atMost(
  records: readonly LogRecord[],
  next: number,
  { recordsMax, bytesMax }: Pick<ReadRange, 'recordsMax' | 'bytesMax'>,
): ReadResult {
  let bytes = 0
  const cut = records.findIndex((record, index) => {
    bytes += recordBytes(record)
    return index === recordsMax || (index > 0 && bytes > bytesMax)
  })
  const end = records[cut]
  return end ? { records: records.slice(0, cut), next: end.offset } : { records, next }
}
