import { heartbeatV4, joinGroupV7, leaveGroupV4, syncGroupV5 } from '@platformatic/kafka'
import { backoffMs, type Backoff } from '../../domain/backoff.ts'
import {
  assign,
  assignorName,
  decodeAssignment,
  decodeMember,
  encodeAssignment,
  encodeSubscription,
  type TopicPartition,
} from './kafka-assignor.ts'
import type { Cluster, Runtime, Topic } from './kafka-cluster.ts'
import { hasProtocolError, isFencedMember, tolerating } from './kafka-errors.ts'

/** One assignment, which never changes: whatever is done for it is committed under its id, or not at all. */
export type Generation = Readonly<{
  id: number
  memberId: string
  partitions: readonly TopicPartition[]
  /** Aborts when it is over, as far as this process can tell: the broker knows better, and refuses its commits. */
  over: AbortSignal
  /** Ends it from this side. */
  end: () => void
}>

export type Membership = Readonly<{
  /** Joins, or joins again when the last generation is over. Tries until it succeeds or `signal` aborts. */
  join: (signal: AbortSignal) => Promise<Generation | undefined>
  /** Ends the generation, and joins as somebody else next time: whatever is on its way from the member is refused. */
  renounce: () => void
  leave: () => Promise<void>
}>

export type MembershipOptions = Readonly<{
  cluster: Cluster
  runtime: Runtime
  group: string
  topics: readonly string[]
  /** Takes its topics from everybody else. */
  exclusive?: boolean
  onTrouble: (error: unknown) => void
}>

/** A process that does not answer for so long is out of the group; its open transaction may take as long again. */
const sessionTimeoutMs = 10_000
/** How long a rebalance waits for members that are alive but busy. */
const rebalanceTimeoutMs = 6_000
/** Members learn of a rebalance by their heartbeats. */
const heartbeatMs = 500
/** The group's leader looks for topics and partitions that are new or gone. */
const topicsCheckMs = 3_000
type JoinGroupResponse = joinGroupV7.JoinGroupResponse

const joinPause: Backoff = { baseMs: 50, maxMs: 2_000 }
/** A broker that just began to coordinate a group, or anything, asks to come again once or twice. */
const joinFailuresToTell = 4
const protocolType = 'consumer'

export function openMembership(options: MembershipOptions): Membership {
  const { cluster, runtime, group, topics, exclusive = false, onTrouble } = options
  // A join waits for the whole group, and must not hold others up.
  const connections = cluster.connect()
  const subscription = encodeSubscription({ topics, exclusive })
  let memberId = ''
  let beating: Promise<unknown> = Promise.resolve()
  let endCurrent = (): void => {}

  const coordinator = () => cluster.coordinator('GROUP', group)

  const joinGroup = async (): Promise<JoinGroupResponse> => {
    for (;;) {
      const asked = connections.ask(
        await coordinator(),
        joinGroupV7.api,
        group,
        sessionTimeoutMs,
        rebalanceTimeoutMs,
        memberId,
        null,
        protocolType,
        [{ name: assignorName, metadata: subscription }],
      )
      const joined = await tolerating(['MEMBER_ID_REQUIRED'], asked)
      // The first request only gives an id, so that a repeated one can't leave a ghost behind.
      memberId = joined.memberId
      if (joined.errorCode === 0) return joined
    }
  }
  const joinOnce = async (): Promise<Generation> => {
    const joined = await joinGroup()
    const isLeader = joined.leader === memberId
    const seen = isLeader ? await topicsOf(cluster, joined) : []
    const { assignment } = await connections.ask(
      await coordinator(),
      syncGroupV5.api,
      group,
      joined.generationId,
      memberId,
      null,
      protocolType,
      joined.protocolName,
      isLeader ? assignmentsOf(joined, seen) : [],
    )
    const over = new AbortController()
    const end = (): void => over.abort()
    endCurrent = end
    beating = Promise.all([beat(joined.generationId, over), isLeader && watchTopics(joined, seen, over)])
    return { id: joined.generationId, memberId, partitions: decodeAssignment(assignment), over: over.signal, end }
  }
  const beat = async (generation: number, over: AbortController): Promise<void> => {
    let answeredMs = performance.now()
    while (!over.signal.aborted) {
      await runtime.sleep(heartbeatMs, over.signal)
      if (over.signal.aborted) return
      try {
        await connections.ask(await coordinator(), heartbeatV4.api, group, generation, memberId, null)
        answeredMs = performance.now()
      } catch (error) {
        if (hasProtocolError(error, 'UNKNOWN_MEMBER_ID')) memberId = ''
        if (isFencedMember(error) || performance.now() - answeredMs > sessionTimeoutMs) return over.abort()
        onTrouble(error)
        cluster.forget()
      }
    }
  }
  /** Topics that are made, deleted or widened change what is to be assigned, and only the leader assigns. */
  const watchTopics = async (
    joined: JoinGroupResponse,
    seen: readonly Topic[],
    over: AbortController,
  ): Promise<void> => {
    while (!over.signal.aborted) {
      await runtime.sleep(topicsCheckMs, over.signal)
      const now = await topicsOf(cluster, joined).catch(() => seen)
      if (fingerprint(now) !== fingerprint(seen)) over.abort()
    }
  }

  const sayGoodbye = async (): Promise<void> => {
    const left = memberId
    memberId = ''
    if (left === '') return
    const goodbye = async () => cluster.shared.ask(await coordinator(), leaveGroupV4.api, group, [{ memberId: left }])
    // Where it can't be said, the session's time-out says it.
    await goodbye().catch(() => {})
  }

  return {
    async join(signal) {
      await beating
      for (let failures = 1; !signal.aborted; failures += 1) {
        try {
          return await joinOnce()
        } catch (error) {
          if (hasProtocolError(error, 'UNKNOWN_MEMBER_ID')) memberId = ''
          if (hasProtocolError(error, 'REBALANCE_IN_PROGRESS')) continue
          if (failures >= joinFailuresToTell) onTrouble(error)
          cluster.forget()
          await runtime.sleep(backoffMs(joinPause, failures, runtime.random()), signal)
        }
      }
      return undefined
    },
    renounce() {
      endCurrent()
      void sayGoodbye()
    },
    async leave() {
      endCurrent()
      await sayGoodbye()
      await connections.close()
      await beating
    },
  }
}

async function topicsOf(cluster: Cluster, { members }: JoinGroupResponse): Promise<readonly Topic[]> {
  return cluster.topics([...new Set(members.map(decodeMember).flatMap(({ topics }) => topics))])
}

function assignmentsOf({ members }: JoinGroupResponse, topics: readonly Topic[]) {
  const assigned = assign(members.map(decodeMember), new Map(topics.map(({ name, leaders }) => [name, leaders.length])))
  return [...assigned].map(([memberId, partitions]) => ({ memberId, assignment: encodeAssignment(partitions) }))
}

function fingerprint(topics: readonly Topic[]): string {
  return topics
    .map(({ name, id, leaders }) => `${name} ${id} ${leaders.length}`)
    .toSorted()
    .join('\n')
}
