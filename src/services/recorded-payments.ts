import { eventIdHeader, headerText } from '../codec/bytes.ts'
import { decodePayment, outcomesTopic, paymentsTopic } from '../codec/payment-codec.ts'
import { positionOfEventId, type Position } from '../domain/position.ts'
import type { PaymentIntent, SettledAnswer } from '../domain/payment.ts'
import { blocked } from '../pipeline/claims.ts'
import type { OffsetRange } from '../pipeline/service.ts'
import type { Log, LogRecord } from '../ports/log.ts'
import type { PaymentFact } from '../ports/payment-ledger.ts'
import type { RecordedOutcome } from '../ports/scratch.ts'
import type { ShardKey } from '../ports/shards.ts'

const readBatch = { recordsMax: 5_000, bytesMax: 4 * 1024 * 1024 }

type SettledPayment = Extract<SettledAnswer, { kind: 'settled' }>

/** `decided` is the fact with the decision that was taken then; `answer` what its charge came to. */
export type RecordedPayments = Readonly<{
  decided: (fact: PaymentFact) => PaymentFact
  answer: (fact: Extract<PaymentFact, { kind: 'payment' }>) => SettledPayment
}>

/**
 * The payments that this group wrote for a range of its input, read back from its own outputs: what fills a ledger that
 * is behind the log, without asking the gateway. Reads both topics once; keeps one entry for each output of the range.
 *
 * A record without an output decided nothing: its order was known, perhaps from another partition. Where retention has
 * removed outputs that can't be told, and it is answered HELD: whether that order was paid is for a person to find out.
 */
export async function openRecordedPayments(log: Log, shard: ShardKey, range: OffsetRange): Promise<RecordedPayments> {
  const recorded = new Map<number, SettledPayment>()
  let isComplete = true
  for (const { name, partitions } of await log.topics()) {
    if (name !== paymentsTopic && name !== outcomesTopic) continue
    for (const { partition, begin } of partitions) {
      isComplete &&= begin === 0
      await collect(log, { topic: name, partition, from: begin }, shard, range, recorded)
    }
  }
  return recordedPayments(recorded, isComplete)
}

/** The same of outputs that were read before; not complete: some may have been removed. */
export function recordedPayments(
  recorded: ReadonlyMap<number, Omit<SettledPayment, 'kind'>>,
  isComplete: boolean,
): RecordedPayments {
  const settled = (offset: number): SettledPayment | undefined => {
    const payment = recorded.get(offset)
    return payment && { kind: 'settled', outcome: payment.outcome, atMs: payment.atMs }
  }
  return {
    decided: (fact) => (fact.kind === 'payment' ? asDecided(fact, settled(fact.offset), isComplete) : fact),
    answer: ({ offset, intent: { atMs } }) => settled(offset) ?? { kind: 'settled', outcome: 'HELD', atMs },
  }
}

/** The policy may have changed since: what counts is what was done. */
function asDecided(
  fact: Extract<PaymentFact, { kind: 'payment' }>,
  payment: SettledPayment | undefined,
  isComplete: boolean,
): PaymentFact {
  const { intent } = fact
  if (!payment) return { ...fact, intent: { ...intent, decision: isComplete || intent.operator ? 'none' : 'HELD' } }
  const { outcome: recorded, atMs } = payment
  return { ...fact, intent: { ...intent, decision: decisionOf(recorded, intent), atMs, recorded } }
}

function decisionOf(recorded: SettledPayment['outcome'], { operator }: PaymentIntent): PaymentIntent['decision'] {
  if (recorded === 'SKIPPED' || recorded === 'HELD') return recorded
  return operator?.decision === 'reject' ? 'rejected' : 'charge'
}

async function collect(
  log: Log,
  source: Readonly<{ topic: string; partition: number; from: number }>,
  shard: ShardKey,
  range: OffsetRange,
  into: Map<number, SettledPayment>,
): Promise<void> {
  const { topic, partition } = source
  for (let offset = source.from; ;) {
    const { records, next, isBlocked } = await log.read({ topic, partition, offset, ...readBatch })
    // An output of the range may be behind: taken for missing, its order would be paid again.
    if (isBlocked) throw blocked(topic, partition, offset)
    if (records.length === 0) return
    offset = next
    for (const record of records) {
      const position = inputOf(record, shard.group)
      if (position?.topicId !== shard.topicId || position.partition !== shard.partition) continue
      if (position.offset < range.from || position.offset >= range.to) continue
      into.set(position.offset, { kind: 'settled', ...decodePayment(record) })
    }
  }
}

/** What a record of an output topic says about which record of the input; nothing when it is not of `group`. */
export function recordedOutcome(record: LogRecord, group: string): RecordedOutcome | undefined {
  const position = inputOf(record, group)
  return position && { position, ...decodePayment(record) }
}

function inputOf(record: LogRecord, group: string): Position | undefined {
  return positionOfEventId(group, headerText(record, eventIdHeader) ?? '')
}
