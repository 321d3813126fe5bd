import type { Slice, Subscription } from '../../ports/log.ts'
import type { Assignment, ConsumerGroup, Member } from './consumer-group.ts'
import { committedOf, type LogState, type PartitionState } from './log-state.ts'
import type { LogStorage } from './log-storage.ts'
import { readRecords, type RecordsRead } from './read-records.ts'

export type CutBatch = Readonly<{ slices: readonly Slice[]; assignments: readonly Assignment[]; attempt: number }>

type Source = Readonly<{ state: LogState; storage: LogStorage; group: ConsumerGroup }>

/** The member's next batch: an even share for each of its partitions that has something to read. */
export function cutBatch(source: Source, member: Member, { recordsMax, bytesMax }: Subscription): CutBatch | undefined {
  const order = inTurn(member)
  const waiting = order.filter(
    (assignment) => isUnannounced(source, assignment) || hasUnread(source, assignment.partition),
  )
  const cut: { assignment: Assignment; slice: Slice }[] = []
  let recordsLeft = recordsMax
  let bytesLeft = bytesMax
  for (const [index, assignment] of waiting.entries()) {
    const shares = waiting.length - index
    const read = readUnread(source, assignment.partition, {
      recordsMax: Math.min(recordsLeft, Math.ceil(recordsLeft / shares)),
      bytesMax: Math.ceil(bytesLeft / shares),
      firstBytesMax: cut.length === 0 ? Number.POSITIVE_INFINITY : bytesLeft,
      isShared: true,
    })
    const slice = sliceOf(source, assignment, read)
    if (slice !== undefined) cut.push({ assignment, slice })
    recordsLeft -= read.records.length
    bytesLeft = Math.max(bytesLeft - read.bytes, 0)
  }
  const [first] = cut
  if (first === undefined) return undefined
  // After the first one served, not the last: whoever found no room comes first some time, and the first has room.
  member.turn = order[(order.indexOf(first.assignment) + 1) % order.length]?.partition
  const slices = cut.map(({ slice }) => slice)
  return { slices, assignments: cut.map(({ assignment }) => assignment), attempt: countAttempt(source.group, cut) }
}

/** The member's partitions, beginning with the one whose turn it is. */
function inTurn(member: Member): readonly Assignment[] {
  const assignments = [...member.owned.values()]
  const first = assignments.findIndex(({ partition }) => partition === member.turn)
  return first <= 0 ? assignments : [...assignments.slice(first), ...assignments.slice(0, first)]
}

function positionOf({ state, group }: Source, partition: PartitionState): number {
  return committedOf(state, group.name, partition) ?? partition.begin
}

function isUnannounced({ state, group }: Source, { announced, partition }: Assignment): boolean {
  return !announced && committedOf(state, group.name, partition) !== undefined
}

function hasUnread(source: Source, partition: PartitionState): boolean {
  const position = positionOf(source, partition)
  return position < partition.end || position < partition.begin
}

function readUnread(source: Source, partition: PartitionState, limits: Parameters<typeof readRecords>[3]): RecordsRead {
  const offset = Math.max(positionOf(source, partition), partition.begin)
  return readRecords(source.storage, partition, { offset, end: partition.end }, limits)
}

function sliceOf(source: Source, assignment: Assignment, { records }: RecordsRead): Slice | undefined {
  const { token, partition } = assignment
  const from = positionOf(source, partition)
  const { topic, topicId, begin, end } = partition
  const last = records.at(-1)
  const lost = from < begin ? { from, to: begin } : undefined
  if (last === undefined && lost === undefined && !isUnannounced(source, assignment)) return undefined
  const next = last === undefined ? Math.max(from, begin) : last.offset + 1
  const slice = { topic, topicId, partition: partition.partition, assignment: token, from, next, end, records }
  return lost === undefined ? slice : { ...slice, lost }
}

function countAttempt(
  { handedOut }: ConsumerGroup,
  cut: readonly Readonly<{ assignment: Assignment; slice: Slice }>[],
): number {
  const times = cut.map(({ assignment: { partition }, slice: { from } }) => {
    const before = handedOut.get(partition)
    const now = before?.from === from ? before.times + 1 : 1
    handedOut.set(partition, { from, times: now })
    return now
  })
  return Math.max(...times)
}
