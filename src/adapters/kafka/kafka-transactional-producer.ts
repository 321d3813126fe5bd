import {
  addOffsetsToTxnV3,
  addPartitionsToTxnV3,
  endTxnV3,
  initProducerIdV4,
  txnOffsetCommitV3,
} from '@platformatic/kafka'
import { hasProtocolError } from './kafka-errors.ts'
import { topicsOf, type GroupOffsets } from './kafka-offset-commit.ts'
import type { Batch } from './kafka-placement.ts'
import { encodeAll, produceAll, type Identity } from './kafka-produce.ts'
import type { ProducerDeps, TransactionalProducer, Write } from './kafka-producer.ts'

/**
 * A dead process's transaction is aborted by the broker after this long, or up to ten seconds later, when it looks: until
 * then nobody reads past it.
 */
const transactionTimeoutMs = 8_000
/** The markers of the last transaction take a few milliseconds; only then another may begin. */
const concurrentPauseMs = 2
const concurrentForMs = 30_000

/**
 * Writes in transactions: all of a call becomes visible to readers of committed records, or none.
 *
 * After any failure the identity is given up, and taking a new one ends what is left of the transaction: only then its
 * outcome is certain. No client of Node ends transactions in the way in which the broker could tell a late request of an
 * old transaction from the next one's (KIP-890), so an identity whose requests may be on their way is never used again.
 *
 * @param transactionalId of this producer alone: whoever takes an identity for it fences the one before
 */
export function openTransactionalProducer(
  { cluster, runtime, now }: ProducerDeps,
  transactionalId: string,
): TransactionalProducer {
  const connections = cluster.connect()
  let identity: Promise<Identity> | undefined

  const coordinator = () => cluster.coordinator('TRANSACTION', transactionalId)
  /** The broker tells to come again while it still writes the markers of the transaction before. */
  const onceEnded = async <Result>(ask: () => Promise<Result>): Promise<Result> => {
    const endMs = performance.now() + concurrentForMs
    for (;;) {
      try {
        return await ask()
      } catch (error) {
        if (!hasProtocolError(error, 'CONCURRENT_TRANSACTIONS') || performance.now() > endMs) throw error
        await runtime.sleep(concurrentPauseMs, new AbortController().signal)
      }
    }
  }
  const takeIdentity = async (): Promise<Identity> => {
    const { producerId, producerEpoch } = await onceEnded(async () =>
      // Without the -1s the client asks for the epoch after 0 of producer 0, and a restarted process never gets one.
      connections.ask(await coordinator(), initProducerIdV4.api, transactionalId, transactionTimeoutMs, -1n, -1),
    )
    return { producerId, producerEpoch, sequences: new Map() }
  }
  const addPartitions = async ({ producerId, producerEpoch }: Identity, batches: readonly Batch[]): Promise<void> => {
    if (batches.length === 0) return
    const topics = [...Map.groupBy(batches, ({ topic }) => topic)].map(([name, own]) => ({
      name,
      partitions: [...new Set(own.map(({ partition }) => partition))],
    }))
    const transaction = { transactionalId, producerId, producerEpoch, verifyOnly: false, topics }
    await onceEnded(async () => connections.ask(await coordinator(), addPartitionsToTxnV3.api, [transaction]))
  }
  const addGroup = async (
    { producerId, producerEpoch }: Identity,
    offsets: GroupOffsets | undefined,
  ): Promise<void> => {
    if (!offsets) return
    await onceEnded(async () =>
      connections.ask(
        await coordinator(),
        addOffsetsToTxnV3.api,
        transactionalId,
        producerId,
        producerEpoch,
        offsets.group,
      ),
    )
  }
  const commitOffsets = async (own: Identity, offsets: GroupOffsets | undefined): Promise<void> => {
    if (!offsets) return
    const { group, generation, memberId } = offsets
    const { producerId, producerEpoch } = own
    await connections.ask(
      await cluster.coordinator('GROUP', group),
      txnOffsetCommitV3.api,
      transactionalId,
      group,
      producerId,
      producerEpoch,
      generation,
      memberId,
      null,
      topicsOf(offsets),
    )
  }
  const transact = async (own: Identity, { batches, offsets }: Write): Promise<ReadonlyMap<Batch, number>> => {
    await Promise.all([addPartitions(own, batches), addGroup(own, offsets)])
    const encoded = encodeAll(batches, own, { isTransactional: true, timestampMs: now() })
    const [bases] = await Promise.all([
      produceAll(cluster, connections, transactionalId, encoded),
      commitOffsets(own, offsets),
    ])
    const { producerId, producerEpoch } = own
    try {
      await connections.ask(await coordinator(), endTxnV3.api, transactionalId, producerId, producerEpoch, true)
    } catch (error) {
      throw new UnknownOutcome(bases, error)
    }
    return bases
  }
  /** Also ends what an earlier identity has left open, so it is done at once: until then readers are held up. */
  const renewIdentity = (): Promise<Identity> => {
    const taking = takeIdentity()
    identity = taking
    taking.catch(() => {
      if (identity === taking) identity = undefined
    })
    return taking
  }

  return {
    async commit(write) {
      let own: Identity | undefined
      try {
        own = await (identity ?? renewIdentity())
        return await transact(own, write)
      } catch (error) {
        cluster.forget()
        if (own) renewIdentity().catch(() => {})
        throw error
      }
    },
    async settled() {
      await (identity ?? renewIdentity())
    },
    async close() {
      await identity?.catch(() => {})
      await connections.close()
    },
  }
}

/** The transaction was to end, and nobody can tell yet whether it was committed: see `settled`. */
export class UnknownOutcome extends Error {
  readonly bases: ReadonlyMap<Batch, number>

  constructor(bases: ReadonlyMap<Batch, number>, cause: unknown) {
    super('the end of a transaction was not acknowledged', { cause })
    this.bases = bases
  }
}
