import type { Cluster, Runtime } from './kafka-cluster.ts'
import type { GroupOffsets } from './kafka-offset-commit.ts'
import type { Batch } from './kafka-placement.ts'

export type Write = Readonly<{ batches: readonly Batch[]; offsets?: GroupOffsets }>

export type Producer = Readonly<{
  /**
   * Writes batches, and a group's offsets with them; one call at a time.
   *
   * @returns the offset of each batch's first record
   * @throws whatever the brokers answer: nothing is known then of what was written, until the next call begins
   */
  commit: (write: Write) => Promise<ReadonlyMap<Batch, number>>
  close: () => Promise<void>
}>

export type TransactionalProducer = Producer &
  Readonly<{
    /** Resolves once every earlier call's outcome is certain: what it wrote can be read, or never will be. */
    settled: () => Promise<void>
  }>

/** Writes each batch by itself: some may be written although others are not. */
export type BatchWriter = Readonly<{
  /** The offset of each batch's first record, once it is written. */
  write: (batches: readonly Batch[]) => Promise<ReadonlyMap<Batch, Promise<number>>>
  close: () => Promise<void>
}>

export type ProducerDeps = Readonly<{ cluster: Cluster; runtime: Runtime; now: () => number }>
