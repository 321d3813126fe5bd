import type { Cluster } from './kafka-cluster.ts'
import type { Connections } from './kafka-connections.ts'
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

/** All requests to a broker go out at once, on one connection: it handles them in their order. */
export async function produce(
  cluster: Cluster,
  connections: Connections,
  transactionalId: string | null,
  encoded: readonly Encoded[],
): Promise<ReadonlyMap<Batch, number>> {
  const bases = new Map<Batch, number>()
  const leaders = await Promise.all(encoded.map(({ topic, partition }) => cluster.leader(topic, partition)))
  const byLeader = Map.groupBy(encoded.entries(), ([index]) => `${leaders[index]?.host}:${leaders[index]?.port}`)
  await Promise.all(
    [...byLeader.values()].flatMap((own) => {
      const leader = leaders[own[0]?.[0] ?? 0]
      if (!leader) return []
      return requestsOf(own.map(([, one]) => one)).map(async (request) => {
        const { responses } = await connections.ask(leader, produceApi, transactionalId, request)
        for (const { name, partitionResponses } of responses) {
          for (const { index, baseOffset } of partitionResponses) {
            const written = request.find(({ topic, partition }) => topic === name && partition === index)
            if (written) bases.set(written.batch, Number(baseOffset))
          }
        }
      })
    }),
  )
  return bases
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
