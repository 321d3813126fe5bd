import { initProducerIdV4 } from '@platformatic/kafka'
import { commitGroupOffsets } from './kafka-offset-commit.ts'
import { anonymous, encodeAll, produce, type Identity } from './kafka-produce.ts'
import type { Producer, ProducerDeps } from './kafka-producer.ts'

/** As long as the contract's producer waits for an acknowledgement. */
const retryForMs = 20_000

/**
 * For brokers without transactions: batches first, then offsets, so that a crash in between repeats batches; so does a
 * reply that is lost.
 */
export function openPlainProducer({ cluster, now }: ProducerDeps): Producer {
  const connections = cluster.connect()
  return {
    async commit({ batches, offsets }) {
      const encoded = encodeAll(batches, anonymous, { isTransactional: false, timestampMs: now() })
      const write = () => produce(cluster, connections, null, encoded)
      const bases = await cluster.persistently(write, { forMs: retryForMs })
      if (offsets) await commitGroupOffsets(cluster, connections, offsets)
      return bases
    },
    settled: () => Promise.resolve(),
    close: connections.close,
  }
}

/**
 * Writes without transactions, each batch once: what is sent again after an unknown outcome is told by its sequence
 * number. Of several batches some may be written when it rejects. No marker is left in the topic, which older readers
 * take for a record.
 */
export function openIdempotentProducer({ cluster, now }: ProducerDeps): Pick<Producer, 'commit' | 'close'> {
  const connections = cluster.connect()
  let identity: Identity | undefined
  const takeIdentity = async (): Promise<Identity> => {
    const [broker] = await cluster.brokers()
    const { producerId, producerEpoch } = await connections.ask(broker, initProducerIdV4.api, null, 0, -1n, -1)
    return { producerId, producerEpoch, sequences: new Map() }
  }
  return {
    async commit({ batches }) {
      identity ??= await cluster.persistently(takeIdentity)
      const encoded = encodeAll(batches, identity, { isTransactional: false, timestampMs: now() })
      try {
        return await cluster.persistently(() => produce(cluster, connections, null, encoded), { forMs: retryForMs })
      } catch (error) {
        // Some of its sequence numbers may be used up.
        identity = undefined
        throw error
      }
    },
    close: connections.close,
  }
}
