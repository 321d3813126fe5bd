import { createHash, randomUUID } from 'node:crypto'
import { bytesOf } from '../codec/bytes.ts'
import { retryTopic } from '../codec/dead-letter-codec.ts'
import { encodeDecision } from '../codec/decision-codec.ts'
import { orderGroups } from '../codec/groups.ts'
import { encodeOperation } from '../codec/operation-codec.ts'
import { receivedText } from '../domain/order-document.ts'
import { currentStatus } from '../domain/order-state.ts'
import { commandObstacle, statusFor, type LedgerState, type OperatorDecision } from '../domain/payment.ts'
import { OrdermillError } from '../errors.ts'
import type { Log, LogPosition, LogRecord } from '../ports/log.ts'
import type { OrderQueries, OrderStory, StoredPayment } from '../ports/order-queries.ts'
import { findCommand } from './find-command.ts'
import { requestIdOf } from './jobs.ts'
import type { OperationsLog } from './operations-log.ts'
import type { KeyedDecision } from './operations-state.ts'

export type PaymentCommandDeps = Readonly<{
  log: Pick<Log, 'append' | 'offsetAt' | 'read' | 'topics'>
  operations: OperationsLog
  store: Pick<OrderQueries, 'findOrder'>
  /** Where orders come in. */
  topic: string
  clock: () => number
}>

export type PaymentCommand = Readonly<{
  orderId: number
  decision: OperatorDecision
  principal: string
  reason: string | undefined
  /** Which order, where ids are used again; the newest when left out. */
  createdAtMs: number | undefined
  /** Sent again with the same one it is the same command. */
  key: string | undefined
}>

export type TakenCommand = Readonly<{
  from: ReturnType<typeof statusFor>
  record: Omit<LogPosition, 'topicId'>
  atMs: number
}>

/**
 * Gives payment an operator's command, and the audit log its entry, in one append. Payment judges it again when it comes to
 * it: what has changed until then counts.
 *
 * @throws {OrdermillError} NOT_FOUND, STATE_CONFLICT, IDEMPOTENCY_KEY_REUSED, LOG_UNAVAILABLE, STORE_UNAVAILABLE
 */
export async function commandPayment(deps: PaymentCommandDeps, command: PaymentCommand): Promise<TakenCommand> {
  const { principal, key } = command
  if (key === undefined) return writeCommand(deps, command, { id: randomUUID() })
  const id = requestIdOf(principal, key)
  const known = (await deps.operations.state()).decisions.get(id)
  return known
    ? sameCommand(deps, command, { id, known })
    : writeCommand(deps, command, { id, request: digestOf(command) })
}

/** Of all that a request asks for. */
export function digestOf({ orderId, decision, reason, createdAtMs }: PaymentCommand): string {
  const asked = JSON.stringify([orderId, decision, reason ?? null, createdAtMs ?? null])
  return createHash('sha256').update(asked).digest('hex')
}

/** What was answered first, although the payment may have changed since. */
async function sameCommand(
  { log, topic }: PaymentCommandDeps,
  command: PaymentCommand,
  { id, known: { request, atMs } }: Readonly<{ id: string; known: KeyedDecision }>,
): Promise<TakenCommand> {
  const { decision } = command
  if (request !== digestOf(command)) {
    throw new OrdermillError(
      'IDEMPOTENCY_KEY_REUSED',
      'this Idempotency-Key came with another decision: use a new key for a new decision',
    )
  }
  const source = { topic: retryTopic(topic, orderGroups.payment), sinceMs: atMs }
  const record = await findCommand(log, source, eventIdOf(id))
  if (record) return { from: statusFor(decision), record, atMs }
  throw new OrdermillError(
    'NOT_FOUND',
    `this ${decision} was taken at ${new Date(atMs).toISOString()}, and the log has its record no more: see ordermill audit`,
  )
}

function eventIdOf(id: string): string {
  return `operator/${id}`
}

async function writeCommand(
  deps: PaymentCommandDeps,
  command: PaymentCommand,
  keyed: Readonly<{ id: string; request?: string }>,
): Promise<TakenCommand> {
  const { log, topic, clock } = deps
  const { orderId, decision, principal, reason } = command
  const story = await storyOf(deps, command)
  refuseObstacle(command, story)
  const atMs = clock()
  const from = statusFor(decision)
  const [record] = await log.append([
    encodeDecision({
      topic: retryTopic(topic, orderGroups.payment),
      ...(await orderOf(log, story)),
      command: { decision, by: principal },
      eventId: eventIdOf(keyed.id),
    }),
    encodeOperation({
      kind: 'action',
      ...keyed,
      at_ms: atMs,
      principal,
      action: decision,
      target: `payment of order ${orderId}`,
      from,
      to: decision === 'reject' ? 'DECLINED' : 'PAID, or DECLINED by the gateway',
      ...(reason === undefined ? {} : { reason }),
    }),
  ])
  if (!record) throw new OrdermillError('INTERNAL', 'the log gave no position for a record that it took')
  return { from, record, atMs }
}

type PaidStory = OrderStory & Readonly<{ payment: StoredPayment }>

async function storyOf({ store }: PaymentCommandDeps, { orderId, createdAtMs }: PaymentCommand): Promise<PaidStory> {
  const stories = (await store.findOrder(orderId)).filter(hasPayment)
  const [newest] = stories
    .filter(({ payment }) => createdAtMs === undefined || payment.ledger.content.createdAtMs === createdAtMs)
    .toSorted((a, b) => b.payment.timestampMs - a.payment.timestampMs)
  if (newest) return newest
  throw new OrdermillError(
    'NOT_FOUND',
    `there is no payment of order ${orderId}: it may not be read yet, or never came`,
  )
}

function hasPayment(story: OrderStory): story is PaidStory {
  return story.payment !== undefined
}

/** Analytics may know already that the order was cancelled, or payment may. */
function refuseObstacle({ orderId, decision }: PaymentCommand, { state, payment: { ledger } }: PaidStory): void {
  const statuses = [currentStatus(ledger), ...(state ? [currentStatus(state)] : [])]
  const orderStatus = statuses.find((status) => status === 'CANCELLED') ?? currentStatus(ledger)
  const obstacle = commandObstacle(decision, ledger.payment.status, orderStatus)
  if (obstacle === undefined) return
  throw new OrdermillError('STATE_CONFLICT', `order ${orderId} can't be taken for a ${decision}: ${obstacle}`)
}

/** The order as it was received: by its record, or where the log has that no more, by its document. */
async function orderOf(
  log: PaymentCommandDeps['log'],
  { order, payment: { orderId, ledger } }: PaidStory,
): Promise<Pick<LogRecord, 'key'> & Readonly<{ value: Uint8Array }>> {
  const record = await recordOf(log, ledger)
  if (record?.value) return { key: record.key, value: record.value }
  const text = order && receivedText(order.document)
  if (text !== undefined) return { key: bytesOf(String(orderId)), value: bytesOf(text) }
  throw new OrdermillError('NOT_FOUND', `neither the log nor the store has order ${orderId} any more, only its payment`)
}

/** Of its newest status. */
async function recordOf(log: PaymentCommandDeps['log'], { entries }: LedgerState): Promise<LogRecord | undefined> {
  const { position } = entries.findLast(({ operator }) => !operator) ?? entries[0]
  const topic = (await log.topics()).find(({ id }) => id === position.topicId)
  if (!topic) return undefined
  const { partition, offset } = position
  const { records } = await log.read({ topic: topic.name, partition, offset, recordsMax: 1, bytesMax: 1 })
  return records.find((record) => record.offset === offset)
}
