import { ProtocolError, type produceV9 } from '@platformatic/kafka'
import type { Cluster } from './kafka-cluster.ts'
import type { Broker, Connections } from './kafka-connections.ts'
import { answered } from './kafka-errors.ts'
import type { Batch } from './kafka-placement.ts'
import { produceApi, type EncodedBatch } from './kafka-produce-api.ts'
import { encodeBatch } from './record-batch.ts'

/** What a broker tells a producer's repetitions by: the next sequence number of each partition, for as long as it lives. */
export type Identity = Readonly<{ producerId: bigint; producerEpoch: number; sequences: Map<string, number> }>

/** Nobody's: every repetition is written again. */
export const anonymous = { producerId: -1n, producerEpoch: -1, sequences: undefined } as const

export type Encoded = EncodedBatch & Readonly<{ batch: Batch }>

export function encodeAll(
  batches: readonly Batch[],
  { producerId, producerEpoch, sequences }: Identity | typeof anonymous,
  { isTransactional, timestampMs }: Readonly<{ isTransactional: boolean; timestampMs: number }>,
): readonly Encoded[] {
  return batches.map((batch) => {
    const { topic, partition, records } = batch
    const key = `${partition} ${topic}`
    const baseSequence = sequences ? (sequences.get(key) ?? 0) : -1
    sequences?.set(key, (baseSequence + records.length) % 2 ** 31)
    const writer = { producerId, producerEpoch, baseSequence, isTransactional, timestampMs }
    return { batch, topic, partition, bytes: encodeBatch(records, writer) }
  })
}

export type Outcome = Readonly<{ base: number } | { error: unknown }>

/**
 * Where each batch was written, or why not: a partition without a leader holds up no other. All requests to a broker go
 * out at once, on one connection: it handles them in their order.
 */
export async function produceEach(
  cluster: Cluster,
  connections: Connections,
  transactionalId: string | null,
  encoded: readonly Encoded[],
): Promise<ReadonlyMap<Encoded, Outcome>> {
  const outcomes = new Map<Encoded, Outcome>()
  const leaders = new Map<Encoded, Broker>()
  const findLeader = async (one: Encoded): Promise<void> => {
    try {
      leaders.set(one, await cluster.leader(one.topic, one.partition))
    } catch (error) {
      outcomes.set(one, { error })
    }
  }
  await Promise.all(encoded.map(findLeader))
  const led = encoded.filter((one) => leaders.has(one))
  const byLeader = Map.groupBy(led, (one) => `${leaders.get(one)?.host}:${leaders.get(one)?.port}`)
  const send = async (request: readonly Encoded[]): Promise<void> => {
    const [first] = request
    const leader = first && leaders.get(first)
    if (!leader) return
    try {
      const answer = await answered(connections.ask(leader, produceApi, transactionalId, request))
      for (const one of request) outcomes.set(one, outcomeIn(answer, one))
    } catch (error) {
      for (const one of request) outcomes.set(one, { error })
    }
  }
  await Promise.all([...byLeader.values()].flatMap(requestsOf).map(send))
  return outcomes
}

/** As {@link produceEach}, where all must be written. @throws the first reason why one was not */
export async function produceAll(...args: Parameters<typeof produceEach>): Promise<ReadonlyMap<Batch, number>> {
  const bases = new Map<Batch, number>()
  for (const [{ batch }, outcome] of await produceEach(...args)) {
    if ('error' in outcome) throw outcome.error
    bases.set(batch, outcome.base)
  }
  return bases
}

function outcomeIn({ responses }: produceV9.ProduceResponse, { topic, partition }: Encoded): Outcome {
  const answers = responses.find(({ name }) => name === topic)?.partitionResponses
  const answer = answers?.find(({ index }) => index === partition)
  if (answer?.errorCode === 0) return { base: Number(answer.baseOffset) }
  return { error: new ProtocolError(answer?.errorCode ?? 'UNKNOWN_SERVER_ERROR', `${topic}-${partition}`) }
}

/** A request has one batch a partition at most; the next one of a partition goes into the next request. */
function requestsOf(encoded: readonly Encoded[]): readonly (readonly Encoded[])[] {
  const requests: Encoded[][] = []
  const counts = new Map<string, number>()
  for (const one of encoded) {
    const key = `${one.partition} ${one.topic}`
    const round = counts.get(key) ?? 0
    counts.set(key, round + 1)
    const request = (requests[round] ??= [])
    request.push(one)
  }
  return requests
}
