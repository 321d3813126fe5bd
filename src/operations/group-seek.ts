import { OrdermillError } from '../errors.ts'
import type { Log, PartitionLag } from '../ports/log.ts'

export type SeekTarget =
  | Readonly<{ kind: 'offset'; offset: number }>
  | Readonly<{ kind: 'time'; timestampMs: number }>
  | Readonly<{ kind: 'beginning' | 'end' }>

/** Without a topic all partitions of the group move, without a partition all of the topic. */
export type SeekRequest = Readonly<{ group: string; topic?: string; partition?: number; target: SeekTarget }>

export type SeekMove = Readonly<{
  topic: string
  partition: number
  /** Where the group reads on now, and where it will. */
  from: number
  to: number
  /** Records at most, as gaps count. */
  skips: number
  repeats: number
}>

type SeekLog = Pick<Log, 'lag' | 'offsetAt'>

/**
 * Where a seek moves each partition, without moving it.
 *
 * @throws {OrdermillError} NOT_FOUND for a group that reads nothing, REQUEST_INVALID for what can't be meant
 */
export async function planSeek(log: SeekLog, request: SeekRequest, nowMs: number): Promise<readonly SeekMove[]> {
  const chosen = chosenPartitions(await log.lag(request.group), request)
  const { target } = request
  if (target.kind === 'offset' && chosen.length > 1) {
    throw invalidSeek('/offset', 'is of one partition: say which topic and partition it is of, or give a time')
  }
  if (target.kind === 'time' && target.timestampMs > nowMs) throw invalidSeek('/time', 'is in the future: use to=end')
  return Promise.all(chosen.map(async (partition) => moveTo(partition, await offsetOf(log, partition, target))))
}

function chosenPartitions(
  all: readonly PartitionLag[],
  { group, topic, partition }: SeekRequest,
): readonly [PartitionLag, ...PartitionLag[]] {
  if (all.length === 0) throw new OrdermillError('NOT_FOUND', `no group ${group} reads anything: see ordermill groups`)
  if (partition !== undefined && topic === undefined) throw invalidSeek('/partition', 'needs the topic that it is of')
  const ofTopic = all.filter((one) => topic === undefined || one.topic === topic)
  if (ofTopic.length === 0) throw invalidSeek('/topic', `is none that ${group} reads: ${topicsOf(all)}`)
  const [first, ...others] = ofTopic.filter((one) => partition === undefined || one.partition === partition)
  if (first) return [first, ...others]
  throw invalidSeek('/partition', `is none of ${topic}, which has ${ofTopic.length}, counted from 0`)
}

function topicsOf(lags: readonly PartitionLag[]): string {
  return [...new Set(lags.map(({ topic }) => topic))].join(', ')
}

async function offsetOf(log: SeekLog, { topic, partition, begin, end }: PartitionLag, target: SeekTarget) {
  switch (target.kind) {
    case 'beginning':
      return begin
    case 'end':
      return end
    case 'time':
      return log.offsetAt(topic, partition, target.timestampMs)
    case 'offset':
      if (target.offset <= end) return target.offset
      throw invalidSeek('/offset', `is beyond the end of ${topic}-${partition}, which is ${end}`)
    default:
      return target satisfies never
  }
}

/** Below its beginning a partition has nothing, and what is appended meanwhile is read in any case. */
function moveTo({ topic, partition, committed, begin, end }: PartitionLag, wanted: number): SeekMove {
  const from = Math.max(committed ?? begin, begin)
  const to = Math.min(Math.max(wanted, begin), end)
  return { topic, partition, from, to, skips: Math.max(to - from, 0), repeats: Math.max(from - to, 0) }
}

/** `pointer` is empty for what is wrong with the whole. */
export function invalidSeek(pointer: string, message: string): OrdermillError {
  return new OrdermillError('REQUEST_INVALID', `the seek is not valid: ${`${pointer} ${message}`.trim()}`, {
    issues: [{ pointer, message }],
  })
}
