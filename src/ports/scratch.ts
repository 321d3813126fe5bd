import type { PaymentOutcome } from '../domain/payment.ts'
import type { Position } from '../domain/position.ts'
import type { OrderStore } from './order-store.ts'
import type { ShardKey } from './shards.ts'

/** What a group wrote about the record at `position`. */
export type RecordedOutcome = Readonly<{ position: Position; outcome: PaymentOutcome; atMs: number }>

/**
 * A store that nobody else sees, with what whoever fills it keeps for itself. It survives the kill of its process: what was
 * written later is there only if all that was written before is.
 */
export interface Scratch {
  readonly store: OrderStore
  /** What `advance` was given last; undefined in a new scratch. */
  state(): Promise<string | undefined>
  /** Keeps the state and what was found since, all or nothing. */
  advance(state: string, found?: ScratchFindings): Promise<void>
  /** By offset: the payments of a shard's records in [from, to). */
  payments(
    shard: ShardKey,
    range: Readonly<{ from: number; to: number }>,
  ): Promise<ReadonlyMap<number, Omit<RecordedOutcome, 'position'>>>
  /** Notes in the order of their numbers, at most `limit`. */
  notes(limit: number): Promise<readonly string[]>
  /** Whoever opened it closes it. */
  close(): Promise<void>
}

/** A note given again with its number replaces the one before. */
export type ScratchFindings = Readonly<{
  payments?: readonly RecordedOutcome[]
  notes?: readonly Readonly<{ number: number; text: string }>[]
}>

export type Scratches = Readonly<{
  /** Makes it when it is not there. */
  open: (name: string) => Promise<Scratch>
  /** Nothing when it is not there. It must not be open. */
  remove: (name: string) => Promise<void>
}>
