import type { Position } from '../domain/position.ts'
import type { OrdermillError } from '../errors.ts'
import type { LogRecord, NewRecord } from '../ports/log.ts'
import type { Claim, Progress, ShardKey, Shards } from '../ports/shards.ts'

/** A record of the input after decoding. */
export type Item<Value> =
  | Readonly<{ kind: 'value'; record: LogRecord; value: Value }>
  | Readonly<{ kind: 'refused'; record: LogRecord; error: OrdermillError }>
  | Readonly<{ kind: 'tombstone'; record: LogRecord }>

/**
 * What one service does with records. It never commits, retries, parses bytes or knows a broker: the pipeline does that
 * once for all. `decide` and `emit` are pure; between them the store applies the facts and answers for each.
 */
export type Service<Value, Fact, Answer> = Readonly<{
  name: string
  group: string
  /** Every topic it reads, retry topics too. */
  topics: readonly string[]
  /** Where what it can not read goes, for the topic that it was read from. */
  deadLetterTopic: (topic: string) => string
  /** @throws {OrdermillError} RECORD_INVALID or RECORD_TOO_LARGE for what can never be read: it is dead-lettered */
  decode: (record: LogRecord) => Value
  decide: (items: readonly Item<Value>[]) => readonly Fact[]
  effects: Effects<Fact, Answer>
  /** Outputs of one partition's records; `answers` has one for each item. */
  emit: (items: readonly Item<Value>[], answers: readonly Answer[]) => readonly NewRecord[]
  /** Why the store's answer makes a record a dead letter, if it does. */
  refusal?: (item: Item<Value>, answer: Answer) => OrdermillError | undefined
  /** One more output for the whole batch, whose last record is at `position`. */
  summarise?: (position: Position) => Promise<NewRecord>
}>

/** Facts are of one shard, in offset order; answers come in the same order. Applying is idempotent: see ports/shards.ts. */
export type Apply<Fact, Answer> = (
  claim: Claim,
  facts: readonly Fact[],
  progress: Progress,
  signal: AbortSignal,
) => Promise<readonly Answer[]>

export type Effects<Fact, Answer> =
  /** No store: answers are computed from the facts alone. */
  | Readonly<{ kind: 'none'; answer: (facts: readonly Fact[]) => readonly Answer[] }>
  | Readonly<{
      kind: 'store'
      shards: Shards
      apply: Apply<Fact, Answer>
      /** How to apply offsets whose outputs are committed already, where that differs: payment must not charge again. */
      openCatchUp?: (shard: ShardKey, range: OffsetRange) => Promise<Apply<Fact, Answer>>
    }>

/** Half-open: [from, to). */
export type OffsetRange = Readonly<{ from: number; to: number }>

export function positionOf({ topicId, partition, offset }: LogRecord): Position {
  return { topicId, partition, offset }
}
