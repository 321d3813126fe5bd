import { FetchIsolationLevels, listOffsetsV7, offsetFetchV8 } from '@platformatic/kafka'
import type { Cluster, Topic } from './kafka-cluster.ts'

export type Place = Readonly<{ topic: Topic; partition: number }>
export type Edge = keyof typeof timestamps

/** `end` is that of what readers of committed records can see. */
const timestamps = { begin: -2n, end: -1n } as const

export async function beginOf(cluster: Cluster, topic: Topic, partition: number): Promise<number> {
  const [begin = 0] = await edgesOf(cluster, [{ topic, partition }], 'begin')
  return begin
}

/** Where partitions begin or end, in the order of `places`. */
export async function edgesOf(cluster: Cluster, places: readonly Place[], edge: Edge): Promise<readonly number[]> {
  return (await listOffsets(cluster, places, timestamps[edge])).map((offset) => offset ?? 0)
}

/** The first offset of that log time or later in each of `places`; undefined where there is none. */
export async function offsetsSince(
  cluster: Cluster,
  places: readonly Place[],
  timestampMs: number,
): Promise<readonly (number | undefined)[]> {
  const offsets = await listOffsets(cluster, places, BigInt(timestampMs))
  return offsets.map((offset) => (offset === -1 ? undefined : offset))
}

async function listOffsets(
  cluster: Cluster,
  places: readonly Place[],
  timestamp: bigint,
): Promise<readonly (number | undefined)[]> {
  const leaders = await Promise.all(places.map(({ topic, partition }) => cluster.leader(topic.name, partition)))
  const byLeader = Map.groupBy(places.keys(), (index) => `${leaders[index]?.host}:${leaders[index]?.port}`)
  const offsets = new Map<string, number>()
  await Promise.all(
    [...byLeader.values()].map(async (indexes) => {
      const leader = leaders[indexes[0] ?? 0]
      if (!leader) return
      const asked = partitionsToAsk(
        indexes.flatMap((index) => places[index] ?? []),
        timestamp,
      )
      const isolation = FetchIsolationLevels.READ_COMMITTED
      const { topics } = await cluster.shared.ask(leader, listOffsetsV7.api, -1, isolation, asked)
      for (const { name, partitions } of topics) {
        for (const { partitionIndex, offset } of partitions) offsets.set(`${partitionIndex} ${name}`, Number(offset))
      }
    }),
  )
  return places.map(({ topic, partition }) => offsets.get(`${partition} ${topic.name}`))
}

function partitionsToAsk(places: readonly Place[], timestamp: bigint) {
  return [...Map.groupBy(places, ({ topic }) => topic.name)].map(([name, own]) => ({
    name,
    partitions: own.map(({ partition }) => ({ partitionIndex: partition, currentLeaderEpoch: -1, timestamp })),
  }))
}

/** Topic -> partition -> offset, of topics as they exist now: what was committed to one that was made again is left out. */
export type CommittedOffsets = ReadonlyMap<string, ReadonlyMap<number, number>>

type CommittedQuery = Readonly<{
  /** All that the group has committed to when left out. */
  topics?: readonly Topic[]
  /**
   * Rejects with UNSTABLE_OFFSET_COMMIT while a transaction has not ended whose offsets may be the group's next ones:
   * whoever begins below them repeats what that transaction holds.
   */
  requireStable: boolean
}>

export async function committedOffsets(
  cluster: Cluster,
  group: string,
  { topics, requireStable }: CommittedQuery,
): Promise<CommittedOffsets> {
  const asked = topics?.map(({ name, leaders }) => ({ name, partitionIndexes: [...leaders.keys()] })) ?? null
  const coordinator = await cluster.coordinator('GROUP', group)
  const { groups } = await cluster.shared.ask(
    coordinator,
    offsetFetchV8.api,
    [{ groupId: group, memberEpoch: -1, topics: asked }],
    requireStable,
  )
  const answered = groups[0]?.topics ?? []
  const existing = new Map(
    (topics ?? (await cluster.topics(answered.map(({ name }) => name)))).map((topic) => [topic.name, topic]),
  )
  return new Map(
    answered.flatMap((answer) => {
      const topic = existing.get(answer.name)
      return topic ? [[answer.name, offsetsOf(topic, answer)] as const] : []
    }),
  )
}

/** Other tools leave no topic id with the offset: theirs count as they are. */
function offsetsOf({ id }: Topic, { partitions }: offsetFetchV8.OffsetFetchResponseTopic): ReadonlyMap<number, number> {
  return new Map(
    partitions.flatMap(({ partitionIndex, committedOffset, metadata }) => {
      const isOurs = metadata === id || !uuid.test(metadata ?? '')
      return committedOffset >= 0n && isOurs ? [[partitionIndex, Number(committedOffset)] as const] : []
    }),
  )
}

const uuid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/
