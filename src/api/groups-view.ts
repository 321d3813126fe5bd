import type { Log, PartitionLag, TopicDescription } from '../ports/log.ts'
import type { Group, Topic } from './contract.ts'

/** Every group with its lag. Lag in seconds is the age of the next unread record, of the partition that is worst off. */
export async function readGroups(log: Pick<Log, 'groups' | 'lag'>, nowMs: number): Promise<Group[]> {
  const names = [...(await log.groups())].toSorted()
  return Promise.all(names.map(async (name) => groupView(name, await log.lag(name), nowMs)))
}

export function sumLag(groups: readonly Readonly<{ lag_records: number; lag_seconds: number }>[]) {
  return {
    lag_records: groups.reduce((sum, { lag_records }) => sum + lag_records, 0),
    lag_seconds: groups.reduce((worst, { lag_seconds }) => Math.max(worst, lag_seconds), 0),
  }
}

export function topicView({ name, id, partitions }: TopicDescription): Topic {
  return {
    name,
    id,
    partitions: partitions.map(({ partition, begin, end }) => ({ partition, begin, end })),
    records: partitions.reduce((sum, { begin, end }) => sum + end - begin, 0),
  }
}

function groupView(group: string, lags: readonly PartitionLag[], nowMs: number): Group {
  const partitions = lags.map(({ topic, partition, committed, begin, end, lagRecords, nextTimestampMs }) => ({
    topic,
    partition,
    committed,
    begin,
    end,
    lag_records: lagRecords,
    lag_seconds: nextTimestampMs === null ? 0 : Math.max(0, nowMs - nextTimestampMs) / 1000,
    owner: null,
    stuck: false,
    idle_seconds: 0,
  }))
  return { group, partitions, paused: false, stuck: false, trend_per_second: 0, ...sumLag(partitions) }
}
