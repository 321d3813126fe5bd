/** `topic` is all that the assignment looks at; both kinds are told apart by identity. */
type Assignable = Readonly<{ topic: string }>
type Subscriber = Readonly<{ topics: readonly string[] }>

/**
 * Who owns which partition: balanced within each topic (members that subscribe alike differ by at most one), then over
 * all topics, and moving no partition that need not move. Same input, same answer.
 *
 * A partition that nobody subscribes to is left out.
 */
export function assignPartitions<Member extends Subscriber, Partition extends Assignable>(
  members: readonly Member[],
  partitions: readonly Partition[],
  owners: ReadonlyMap<Partition, Member>,
): Map<Partition, Member> {
  const next = new Map<Partition, Member>()
  const subscribersOf = new Map<string, readonly Member[]>()
  for (const { topic } of partitions) {
    if (!subscribersOf.has(topic))
      subscribersOf.set(
        topic,
        members.filter(({ topics }) => topics.includes(topic)),
      )
  }
  const subscribers = (topic: string): readonly Member[] => subscribersOf.get(topic) ?? []
  const load = (member: Member, topic?: string): number => {
    let count = 0
    for (const [partition, owner] of next)
      if (owner === member && (topic ?? partition.topic) === partition.topic) count += 1
    return count
  }

  for (const partition of partitions) {
    const owner = owners.get(partition)
    if (owner !== undefined && subscribers(partition.topic).includes(owner)) next.set(partition, owner)
  }
  for (const partition of partitions) {
    const { topic } = partition
    if (next.has(partition)) continue
    const [least] = subscribers(topic).toSorted((a, b) => load(a, topic) - load(b, topic) || load(a) - load(b))
    if (least !== undefined) next.set(partition, least)
  }
  // Both loops end: each move makes the sum of the squared loads that it looks at smaller.
  for (const balanced of [withinTopic, overAll]) {
    for (let moved = true; moved;) {
      moved = partitions.some((partition) => {
        const owner = next.get(partition)
        const { topic } = partition
        if (owner === undefined) return false
        const taker = subscribers(topic).find((member) =>
          balanced(
            { inTopic: load(owner, topic), inAll: load(owner) },
            { inTopic: load(member, topic), inAll: load(member) },
          ),
        )
        if (taker !== undefined) next.set(partition, taker)
        return taker !== undefined
      })
    }
  }
  return next
}

type Load = Readonly<{ inTopic: number; inAll: number }>

function withinTopic(owner: Load, taker: Load): boolean {
  return owner.inTopic - taker.inTopic > 1
}

/** A move where the owner has one more of the topic leaves the topic as balanced as it was. */
function overAll(owner: Load, taker: Load): boolean {
  return owner.inTopic > taker.inTopic && owner.inAll - taker.inAll > 1
}
