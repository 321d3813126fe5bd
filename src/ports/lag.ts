import type { PartitionLag } from './log.ts'

/** Records that a group has still to read, over all of these partitions. */
export function totalLag(partitions: readonly PartitionLag[]): number {
  return partitions.reduce((sum, { lagRecords }) => sum + lagRecords, 0)
}

/** Age of the next unread record in ms; 0 when there is none, or when its log's clock is ahead of ours. */
export function lagMsOf({ nextTimestampMs }: PartitionLag, nowMs: number): number {
  return nextTimestampMs === null ? 0 : Math.max(nowMs - nextTimestampMs, 0)
}
