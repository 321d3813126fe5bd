import type { Cluster } from './kafka-cluster.ts'
import { unknownPartition } from '../../ports/log-errors.ts'
import { edgesOf, offsetsSince } from './kafka-offsets.ts'

export async function offsetAt(
  cluster: Cluster,
  name: string,
  partition: number,
  timestampMs: number,
): Promise<number> {
  return cluster.persistently(async () => {
    const topic = await cluster.topic(name)
    if (partition >= topic.leaders.length) throw unknownPartition(name, partition, topic.leaders.length)
    const place = [{ topic, partition }]
    // Asked for before: what is appended meanwhile may be of that time, and must not be below the answer.
    const [end = 0] = await edgesOf(cluster, place, 'end')
    const [offset] = await offsetsSince(cluster, place, timestampMs)
    return offset ?? end
  })
}
