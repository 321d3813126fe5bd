import { initProducerIdV4 } from '@platformatic/kafka'
import type { Cluster } from './kafka-cluster.ts'
import type { Connections } from './kafka-connections.ts'
import { logError } from './kafka-errors.ts'
import { commitGroupOffsets } from './kafka-offset-commit.ts'
import type { Batch } from './kafka-placement.ts'
import { anonymous, encodeAll, produceEach, type Encoded, type Identity } from './kafka-produce.ts'
import type { BatchWriter, Producer, ProducerDeps } from './kafka-producer.ts'

/** As long as the contract's producer waits for an acknowledgement. */
const retryForMs = 20_000
const plain = { isTransactional: false } as const

/**
 * For brokers without transactions: batches first, then offsets, so that a crash in between repeats batches; so does a
 * reply that is lost.
 */
export function openPlainProducer({ cluster, now }: ProducerDeps): Producer & BatchWriter {
  const connections = cluster.connect()
  const write = (batches: readonly Batch[]) => {
    const encoded = encodeAll(batches, anonymous, { ...plain, timestampMs: now() })
    return writeEach(cluster, connections, encoded).bases
  }
  return {
    write: (batches) => Promise.resolve(write(batches)),
    async commit({ batches, offsets }) {
      const written = [...write(batches)].map(async ([batch, base]) => [batch, await base] as const)
      const bases = new Map(await Promise.all(written))
      if (offsets) await commitGroupOffsets(cluster, connections, offsets)
      return bases
    },
    close: connections.close,
  }
}

/**
 * Writes without transactions, each batch once: what is sent again after an unknown outcome is told by its sequence
 * number. No marker is left in the topic, which older readers take for a record. One call at a time.
 */
export function openIdempotentProducer({ cluster, now }: ProducerDeps): BatchWriter {
  const connections = cluster.connect()
  let identity: Identity | undefined
  const takeIdentity = async (): Promise<Identity> => {
    const { producerId, producerEpoch } = await cluster.askAny((broker) =>
      connections.ask(broker, initProducerIdV4.api, null, 0, -1n, -1),
    )
    return { producerId, producerEpoch, sequences: new Map() }
  }
  return {
    async write(batches) {
      identity ??= await cluster.persistently(takeIdentity)
      const encoded = encodeAll(batches, identity, { ...plain, timestampMs: now() })
      const { bases, allWritten } = writeEach(cluster, connections, encoded)
      // A batch that was given up leaves a gap in its partition's sequence numbers.
      void allWritten.then((all) => all || (identity = undefined))
      return bases
    },
    close: connections.close,
  }
}

/** Sends what is not written yet again and again, the same bytes each time, as long as that may help. */
function writeEach(cluster: Cluster, connections: Connections, encoded: readonly Encoded[]) {
  const promised = new Map(encoded.map((one) => [one, Promise.withResolvers<number>()]))
  const bases = new Map(encoded.map((one) => [one.batch, promised.get(one)?.promise ?? never()]))
  for (const base of bases.values()) base.catch(() => {})
  let left = encoded
  const attempt = async (): Promise<void> => {
    const outcomes = await produceEach(cluster, connections, null, left)
    let failure: unknown
    for (const [one, outcome] of outcomes) {
      if ('base' in outcome) promised.get(one)?.resolve(outcome.base)
      else if (cluster.isLasting(outcome.error)) promised.get(one)?.reject(logError(outcome.error))
      else failure = outcome.error
    }
    left = left.filter((one) => {
      const outcome = outcomes.get(one)
      return outcome !== undefined && 'error' in outcome && !cluster.isLasting(outcome.error)
    })
    if (left.length > 0) throw failure
  }
  const trying = cluster.persistently(attempt, { forMs: retryForMs }).catch((error: unknown) => {
    for (const one of left) promised.get(one)?.reject(error)
  })
  const allWritten = trying.then(async () => {
    const ends = await Promise.allSettled(bases.values())
    return ends.every(({ status }) => status === 'fulfilled')
  })
  return { bases, allWritten }
}

function never(): never {
  throw new RangeError('no such batch')
}
