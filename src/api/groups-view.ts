import type { LagWatch, WatchedGroup } from '../operations/lag-watch.ts'
import type { GroupMember, Log, TopicDescription } from '../ports/log.ts'
import type { Group, Topic } from './contract.ts'

/** Every group with its lag, and who reads what. */
export async function readGroups(log: Pick<Log, 'members'>, watch: LagWatch): Promise<Group[]> {
  const groups = await watch.groups(0)
  return Promise.all(groups.map(async (group) => groupView(group, await log.members(group.group))))
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

/** Lag in seconds is the age of the next unread record, of the partition that is worst off. */
export function groupView(watched: WatchedGroup, members: readonly GroupMember[]): Group {
  const owners = new Map(
    members.flatMap(({ member, partitions }) => partitions.map((place) => [placeKey(place), member])),
  )
  const partitions = watched.partitions.map((lag) => ({
    topic: lag.topic,
    partition: lag.partition,
    committed: lag.committed,
    begin: lag.begin,
    end: lag.end,
    lag_records: lag.lagRecords,
    lag_seconds: lag.lagSeconds,
    owner: owners.get(placeKey(lag)) ?? null,
    stuck: lag.isStuck,
    idle_seconds: lag.idleSeconds,
  }))
  return {
    group: watched.group,
    partitions,
    paused: watched.isPaused,
    stuck: partitions.some(({ stuck }) => stuck),
    trend_per_second: watched.trendPerSecond,
    ...sumLag(partitions),
  }
}

function placeKey({ topic, partition }: Readonly<{ topic: string; partition: number }>): string {
  return `${partition} ${topic}`
}
