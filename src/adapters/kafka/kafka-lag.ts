import { listGroupsV4 } from '@platformatic/kafka'
import type { PartitionLag } from '../../ports/log.ts'
import { decodeMember } from './kafka-assignor.ts'
import type { Cluster, Runtime, Topic } from './kafka-cluster.ts'
import { hasProtocolError } from './kafka-errors.ts'
import { describeMembers } from './kafka-members.ts'
import { committedOffsets, edgesOf, type CommittedOffsets } from './kafka-offsets.ts'
import { readRange } from './kafka-read.ts'
import { placesOf } from './kafka-topics.ts'

/** Each broker knows the groups that it coordinates. */
export async function groupNames(cluster: Cluster): Promise<readonly string[]> {
  return cluster.persistently(async () => {
    const brokers = await cluster.brokers()
    const answers = await Promise.all(brokers.map((broker) => cluster.shared.ask(broker, listGroupsV4.api, [], [])))
    return answers.flatMap(({ groups }) => groups.map(({ groupId }) => groupId))
  })
}

/** @param reads what the group is known to read: a group tells nobody what its members read while it rebalances */
export async function groupLag(
  cluster: Cluster,
  runtime: Runtime,
  group: string,
  reads?: readonly string[],
): Promise<readonly PartitionLag[]> {
  return cluster.persistently(async () => {
    const known = reads && (await cluster.topics(reads))
    const committed = await committedNow(cluster, group, known)
    const read = known ?? (await cluster.topics(await subscribedTopics(cluster, group)))
    const others = [...committed.keys()].filter((name) => !read.some((topic) => topic.name === name))
    const topics = [...read, ...(others.length > 0 ? await cluster.topics(others) : [])]
    const places = topics.flatMap(placesOf)
    const [begins, ends] = await Promise.all([edgesOf(cluster, places, 'begin'), edgesOf(cluster, places, 'end')])
    return Promise.all(
      places.map(async ({ topic: { name: topic }, partition }, index) => {
        const [begin = 0, end = 0] = [begins[index], ends[index]]
        const position = committed.get(topic)?.get(partition) ?? null
        const next = Math.max(position ?? begin, begin)
        const lagRecords = Math.max(end - next, 0)
        const nextTimestampMs =
          lagRecords > 0 ? await timestampAt(cluster, runtime, { topic, partition, offset: next }) : null
        return { topic, partition, committed: position, begin, end, lagRecords, nextTimestampMs }
      }),
    )
  })
}

/** Longer than a transaction takes to end; one that takes longer was left open by a process that died. */
const unstableForMs = 300

/**
 * A transaction whose end is being written counts, as its outputs are readable already or will be in a moment.
 *
 * @param topics what the group reads, where that is known: a group that is asked for all it has tells of no open transaction
 */
async function committedNow(
  cluster: Cluster,
  group: string,
  topics: readonly Topic[] | undefined,
): Promise<CommittedOffsets> {
  const asked = topics ? { topics } : {}
  const endMs = performance.now() + unstableForMs
  return cluster.persistently(async () => {
    try {
      return await committedOffsets(cluster, group, { ...asked, requireStable: true })
    } catch (error) {
      const isUnstable = hasProtocolError(error, 'UNSTABLE_OFFSET_COMMIT')
      if (!isUnstable || performance.now() < endMs) throw error
      return committedOffsets(cluster, group, { ...asked, requireStable: false })
    }
  })
}

/** What its members read, by what they told the group. */
async function subscribedTopics(cluster: Cluster, group: string): Promise<readonly string[]> {
  return (await describeMembers(cluster, group))
    .filter(({ memberMetadata }) => memberMetadata.length > 0)
    .flatMap(({ memberId, memberMetadata: metadata }) => decodeMember({ memberId, metadata }).topics)
}

const oneRecord = { recordsMax: 1, bytesMax: 1 }

async function timestampAt(
  cluster: Cluster,
  runtime: Runtime,
  place: Readonly<{ topic: string; partition: number; offset: number }>,
): Promise<number | null> {
  const { records } = await readRange(cluster, runtime, { ...place, ...oneRecord })
  return records[0]?.timestampMs ?? null
}
