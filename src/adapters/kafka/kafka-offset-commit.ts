import { offsetCommitV8 } from '@platformatic/kafka'
import type { Cluster } from './kafka-cluster.ts'
import type { Connections } from './kafka-connections.ts'
import { protocolErrorsIn } from './kafka-errors.ts'

/** Where a group goes on, told by a member of its current generation. */
export type GroupOffsets = Readonly<{
  group: string
  generation: number
  memberId: string
  offsets: readonly Readonly<{ topic: string; topicId: string; partition: number; offset: number }>[]
}>

/** Refused when the member is not of the group's current generation, whatever it was when the client asks. */
export async function commitGroupOffsets(
  cluster: Cluster,
  connections: Connections,
  offsets: GroupOffsets,
): Promise<void> {
  const { group, generation, memberId } = offsets
  const coordinator = await cluster.coordinator('GROUP', group)
  try {
    await connections.ask(coordinator, offsetCommitV8.api, group, generation, memberId, null, topicsOf(offsets))
  } catch (error) {
    if (protocolErrorsIn(error).size > 0) throw error
    throw new UnansweredCommit(error)
  }
}

/** It may still be carried out, seconds from now, and move the group back: for as long as the member is one. */
export class UnansweredCommit extends Error {
  constructor(cause: unknown) {
    super('an offset commit was not answered', { cause })
  }
}

/** As requests name them. */
export function topicsOf({ offsets }: GroupOffsets) {
  return [...Map.groupBy(offsets, ({ topic }) => topic)].map(([name, own]) => ({
    name,
    partitions: own.map(({ topicId, partition, offset }) => ({
      partitionIndex: partition,
      committedOffset: BigInt(offset),
      committedLeaderEpoch: -1,
      // A topic that is deleted and made again has another id, and offsets may outlive the topic that they were of.
      committedMetadata: topicId,
    })),
  }))
}
