import { OrdermillError } from '../../errors.ts'
import type { Log } from '../../ports/log.ts'
import type { Cluster, Runtime } from './kafka-cluster.ts'
import { unknownPartition } from '../../ports/log-errors.ts'
import { logError } from './kafka-errors.ts'
import { openMembership } from './kafka-membership.ts'
import { edgesOf } from './kafka-offsets.ts'
import { commitGroupOffsets, type GroupOffsets } from './kafka-offset-commit.ts'

type Target = Parameters<Log['seek']>[1][number]

/** A rebalance or two, each as long as it waits for a member that does not answer. */
const seekForMs = 30_000

/**
 * Sets a group's offsets from within the group, since a broker takes them from nobody else while it has members: joins
 * as a member that takes the topics from all others, commits under that generation, and leaves. What the others had in
 * flight is of an older generation, and refused.
 */
export async function seek(
  cluster: Cluster,
  runtime: Runtime,
  group: string,
  targets: readonly Target[],
): Promise<void> {
  const offsets = await cluster.persistently(() => checkTargets(cluster, targets))
  const signal = AbortSignal.timeout(seekForMs)
  let trouble: unknown = new OrdermillError(
    'LOG_UNAVAILABLE',
    `Group ${group} did not come to rest within ${seekForMs} ms.`,
  )
  const topics = [...new Set(targets.map(({ topic }) => topic))]
  const onTrouble = (error: unknown): void => {
    trouble = error
  }
  const membership = openMembership({ cluster, runtime, group, topics, exclusive: true, onTrouble })
  const connections = cluster.connect()
  try {
    while (!signal.aborted) {
      const generation = await membership.join(signal)
      if (!generation) break
      const { id, memberId, partitions } = generation
      try {
        const isMine = ({ topic, partition }: Target): boolean =>
          partitions.some((one) => one.topic === topic && one.partition === partition)
        // Another seek of the same group came first.
        if (!targets.every(isMine)) continue
        await commitGroupOffsets(cluster, connections, { group, generation: id, memberId, offsets })
        return
      } catch (error) {
        trouble = error
      } finally {
        generation.end()
      }
    }
    throw logError(trouble)
  } finally {
    await membership.leave()
    await connections.close()
  }
}

async function checkTargets(cluster: Cluster, targets: readonly Target[]): Promise<GroupOffsets['offsets']> {
  const places = await Promise.all(
    targets.map(async ({ topic: name, partition }) => {
      const topic = await cluster.topic(name)
      if (partition >= topic.leaders.length) throw unknownPartition(name, partition, topic.leaders.length)
      return { topic, partition }
    }),
  )
  const ends = await edgesOf(cluster, places, 'end')
  return targets.map(({ offset }, index) => {
    const { topic, partition } = places[index] ?? never()
    const end = ends[index] ?? 0
    if (!Number.isSafeInteger(offset) || offset < 0 || offset > end) throw badOffset(topic.name, partition, offset, end)
    return { topic: topic.name, topicId: topic.id, partition, offset }
  })
}

function badOffset(topic: string, partition: number, offset: number, end: number): OrdermillError {
  const where = `partition ${partition} of ${topic}: it must be a whole number from 0 to its end, ${end}`
  return new OrdermillError('REQUEST_INVALID', `Can't move a group to offset ${offset} of ${where}.`)
}

function never(): never {
  throw new RangeError('no such target')
}
