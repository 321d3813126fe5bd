import { orderGroups, viewsGroup } from '../codec/groups.ts'
import { retryTopic } from '../codec/dead-letter-codec.ts'
import type { Log, PartitionLag, TopicDescription } from '../ports/log.ts'
import type { Position } from '../domain/position.ts'
import type { OrderRecord, Pending, Place } from './journey-facts.ts'

const groups = Object.values(orderGroups)

/** Which topics there are and how far each group has read: known before the store is asked, so that it knows no less. */
export type Progress = Readonly<{
  topics: readonly TopicDescription[]
  /** The next offset that the group has not committed. */
  nextOf: (group: string, place: Omit<Place, 'offset'>) => number
}>

export async function readProgress(log: Pick<Log, 'topics' | 'lag'>): Promise<Progress> {
  const asked = [...groups, viewsGroup]
  const [topics, ...lags] = await Promise.all([log.topics(), ...asked.map((group) => log.lag(group))])
  const byGroup = new Map(asked.map((group, index) => [group, lags[index] ?? []]))
  return {
    topics,
    nextOf(group, place) {
      const lag = byGroup.get(group)?.find((known) => isAt(known, place))
      if (lag) return Math.max(lag.committed ?? lag.begin, lag.begin)
      return partitionAt(topics, place)?.begin ?? 0
    },
  }
}

function isAt(lag: PartitionLag, { topic, partition }: Omit<Place, 'offset'>): boolean {
  return lag.topic === topic && lag.partition === partition
}

export function partitionAt(topics: readonly TopicDescription[], { topic, partition }: Omit<Place, 'offset'>) {
  return topics.find(({ name }) => name === topic)?.partitions.find((known) => known.partition === partition)
}

/** The one group that reads a retry topic of `topic`. */
export function groupOfRetry(topic: string, name: string): string | null {
  return groups.find((group) => retryTopic(topic, group) === name) ?? null
}

/** Whether the topic that the record was in is still the one of that name. */
export function isCurrent({ topics }: Progress, { topicId, place }: OrderRecord): boolean {
  return topics.some(({ id, name }) => id === topicId && name === place.topic)
}

export function hasRead({ nextOf }: Progress, group: string, { place }: OrderRecord): boolean {
  return place.offset < nextOf(group, place)
}

/** Whether what the group wrote of the record at a position is in the log; so too where the topic of it is gone. */
export function hasCommitted({ topics, nextOf }: Progress, group: string, position: Position): boolean {
  const { topicId, partition, offset } = position
  const topic = topics.find(({ id }) => id === topicId)?.name
  return topic === undefined || offset < nextOf(group, { topic, partition })
}

/** Groups that have not committed a record of the order: it is before them, or in the batch that they work on. */
export function pendingOf(progress: Progress, records: readonly OrderRecord[]): readonly Pending[] {
  return records
    .filter((record) => isCurrent(progress, record))
    .flatMap((record) =>
      (record.retriedFor === null ? groups : [record.retriedFor])
        .filter((group) => !hasRead(progress, group, record))
        .map((group) => {
          const lagRecords = record.place.offset - progress.nextOf(group, record.place)
          return { group, record: record.place, lagRecords }
        }),
    )
}
