import {
  decodeConsumerProtocolAssignment,
  decodeConsumerProtocolSubscription,
  encodeConsumerProtocolAssignment,
  encodeConsumerProtocolSubscription,
  type joinGroupV7,
} from '@platformatic/kafka'

/** Members that list another protocol can't be in one group with ours: their leader would not know `exclusive`. */
export const assignorName = 'ordermill'

export type TopicPartition = Readonly<{ topic: string; partition: number }>

/** `exclusive`: while this one is in the group, nobody else gets anything of its topics. That is how a seek fences. */
export type GroupMember = Readonly<{ memberId: string; topics: readonly string[]; exclusive: boolean }>

const exclusiveMark = 'exclusive'

export function encodeSubscription({ topics, exclusive }: Pick<GroupMember, 'topics' | 'exclusive'>): Buffer {
  return encodeConsumerProtocolSubscription({
    version: 0,
    topics: [...topics],
    userData: Buffer.from(exclusive ? exclusiveMark : ''),
  })
}

export function decodeMember({
  memberId,
  metadata,
}: Pick<joinGroupV7.JoinGroupResponseMember, 'memberId' | 'metadata'>): GroupMember {
  const { topics, userData } = decodeConsumerProtocolSubscription(metadata)
  return { memberId, topics, exclusive: userData?.toString() === exclusiveMark }
}

export function encodeAssignment(partitions: readonly TopicPartition[]): Buffer {
  const assignedPartitions = [...Map.groupBy(partitions, ({ topic }) => topic)].map(([topic, own]) => ({
    topic,
    partitions: own.map(({ partition }) => partition),
  }))
  return encodeConsumerProtocolAssignment({ version: 0, assignedPartitions, userData: Buffer.alloc(0) })
}

export function decodeAssignment(bytes: Buffer): readonly TopicPartition[] {
  const { assignedPartitions } = decodeConsumerProtocolAssignment(bytes)
  return assignedPartitions.flatMap(({ topic, partitions }) => partitions.map((partition) => ({ topic, partition })))
}

/**
 * Who gets which partition: balanced within each topic, then over all. A rebalance takes everything from everybody
 * anyway, so nothing is gained by remembering who had what.
 *
 * @param partitionCounts of every topic that exists
 */
export function assign(
  members: readonly GroupMember[],
  partitionCounts: ReadonlyMap<string, number>,
): ReadonlyMap<string, readonly TopicPartition[]> {
  const assigned = new Map<string, TopicPartition[]>(members.map(({ memberId }) => [memberId, []]))
  const inOrder = members.toSorted((a, b) => (a.memberId < b.memberId ? -1 : 1))
  for (const [topic, count] of [...partitionCounts].toSorted(([a], [b]) => (a < b ? -1 : 1))) {
    const subscribers = inOrder.filter(({ topics }) => topics.includes(topic))
    const exclusive = subscribers.find((member) => member.exclusive)
    const takers = (exclusive ? [exclusive] : subscribers).map(({ memberId }) => assigned.get(memberId) ?? [])
    // In rounds, beginning with whoever has least: nobody gets two more of a topic than another.
    const inTurn = takers.toSorted((a, b) => a.length - b.length)
    for (let partition = 0; partition < count; partition += 1)
      inTurn[partition % inTurn.length]?.push({ topic, partition })
  }
  return assigned
}
