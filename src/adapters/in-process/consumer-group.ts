import type { GroupMember } from '../../ports/log.ts'
import { assignPartitions } from './assign-partitions.ts'
import type { LogState, PartitionState } from './log-state.ts'

/** The right of a member to a partition, until `lost`. `announced`: the member has had a batch of it. */
export type Assignment = {
  readonly token: string
  readonly partition: PartitionState
  lost: boolean
  announced: boolean
}

export type Member = {
  readonly name: string
  readonly topics: readonly string[]
  readonly owned: Map<PartitionState, Assignment>
  /** The last batch: in flight, or done with. */
  batch: Readonly<{ assignments: readonly Assignment[]; controller: AbortController }> | undefined
  /** Where the next batch begins to look, so that every partition gets its turn. */
  turn: PartitionState | undefined
  /** Something that the member may be waiting for has changed. */
  wake: () => void
}

export type ConsumerGroup = Readonly<{
  name: string
  members: Set<Member>
  /** How often the offsets from `from` on were handed out, whoever got them. */
  handedOut: Map<PartitionState, Readonly<{ from: number; times: number }>>
  join: (topics: readonly string[], wake: () => void) => Member
  leave: (member: Member) => void
  /** Members or topics have changed. What stays with its member keeps its assignment. */
  rebalance: () => void
  /** Ends the assignments of these partitions; their owners get new ones. */
  retake: (partitions: readonly PartitionState[]) => void
}>

/** A group's members are calls of `transform` in this process, so membership is in memory and a rebalance is one step. */
export function createConsumerGroup(name: string, state: LogState, newToken: () => string): ConsumerGroup {
  const members = new Set<Member>()
  let joined = 0
  const handedOut = new Map<PartitionState, Readonly<{ from: number; times: number }>>()

  const take = (member: Member, partition: PartitionState): void => {
    member.owned.set(partition, { token: newToken(), partition, lost: false, announced: false })
    member.wake()
  }
  const rebalance = (): void => {
    const partitions = [...state.topics.values()].flatMap((topic) => topic.partitions)
    for (const gone of handedOut.keys()) if (!partitions.includes(gone)) handedOut.delete(gone)
    const next = assignPartitions([...members], partitions, ownersOf(members))
    // All are revoked before any is taken: no partition has two owners at any time.
    for (const member of members) {
      for (const partition of member.owned.keys()) if (next.get(partition) !== member) revoke(member, partition)
    }
    for (const [partition, member] of next) if (!member.owned.has(partition)) take(member, partition)
  }

  return {
    name,
    members,
    handedOut,
    rebalance,
    join(topics, wake) {
      joined += 1
      const member: Member = {
        name: `member ${joined}`,
        topics,
        owned: new Map(),
        batch: undefined,
        turn: undefined,
        wake,
      }
      members.add(member)
      rebalance()
      return member
    },
    leave(member) {
      for (const partition of member.owned.keys()) revoke(member, partition)
      members.delete(member)
      rebalance()
    },
    retake(partitions) {
      for (const [partition, member] of ownersOf(members)) {
        if (!partitions.includes(partition)) continue
        revoke(member, partition)
        take(member, partition)
      }
    },
  }
}

export function membersOf(group: ConsumerGroup | undefined): readonly GroupMember[] {
  return Array.from(group?.members ?? [], ({ name, owned }) => ({
    member: name,
    partitions: Array.from(owned.keys(), ({ topic, partition }) => ({ topic, partition })),
  }))
}

function ownersOf(members: ReadonlySet<Member>): Map<PartitionState, Member> {
  return new Map([...members].flatMap((member) => [...member.owned.keys()].map((partition) => [partition, member])))
}

function revoke(member: Member, partition: PartitionState): void {
  const assignment = member.owned.get(partition)
  if (assignment === undefined) return
  assignment.lost = true
  member.owned.delete(partition)
  if (member.batch?.assignments.includes(assignment) === true) member.batch.controller.abort()
}
