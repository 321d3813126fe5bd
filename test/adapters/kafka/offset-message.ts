import type { Message } from '@platformatic/kafka'

/** As the client's stream would hand it out, for `Transaction.addOffset`; of nobody in particular in its group. */
export function offsetMessage({
  groupId,
  coordinatorId,
  topic,
  partition,
  offset,
}: Readonly<{
  groupId: string
  coordinatorId: number
  topic: string
  partition: number
  offset: bigint
}>): Message {
  return {
    topic,
    partition,
    offset,
    key: Buffer.alloc(0),
    value: Buffer.alloc(0),
    headers: new Map(),
    headerEntries: [],
    timestamp: 0n,
    leaderEpoch: 0,
    metadata: { consumer: { groupId, generationId: -1, memberId: '', coordinatorId } },
    commit: () => undefined,
    toJSON() {
      throw new Error('nobody prints it')
    },
  }
}
