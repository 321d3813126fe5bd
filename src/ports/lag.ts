import type { Log, PartitionLag } from './log.ts'

/** By the name of the group. */
export type GroupLags = ReadonlyMap<string, readonly PartitionLag[]>

/** @throws {OrdermillError} what the log rejects with */
export async function lagsOf(log: Pick<Log, 'lag'>, groups: readonly string[]): Promise<GroupLags> {
  return new Map(await Promise.all(groups.map(async (group) => [group, await log.lag(group)] as const)))
}

/** undefined where the group does not read that partition. */
export function lagAt(
  lags: readonly PartitionLag[] = [],
  { topic, partition }: Pick<PartitionLag, 'topic' | 'partition'>,
): PartitionLag | undefined {
  return lags.find((lag) => lag.topic === topic && lag.partition === partition)
}

/** Records that a group has still to read, over all of these partitions. */
export function totalLag(partitions: readonly PartitionLag[]): number {
  return partitions.reduce((sum, { lagRecords }) => sum + lagRecords, 0)
}

/** Age of the next unread record in ms; 0 when there is none, or when its log's clock is ahead of ours. */
export function lagMsOf({ nextTimestampMs }: PartitionLag, nowMs: number): number {
  return nextTimestampMs === null ? 0 : Math.max(nowMs - nextTimestampMs, 0)
}
