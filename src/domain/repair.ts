import { contentOf, judgeOrder, type OrderAnswer, type OrderContent, type OrderState } from './order-state.ts'
import type { Order } from './order.ts'
import { judgePayment, type LedgerEntry, type LedgerState, type PaymentAnswer, type PaymentIntent } from './payment.ts'
import { samePosition, type Position } from './position.ts'

/**
 * As `judgeOrder`, where the record is right and the state may be damaged: a record that made or changed the order puts back
 * what the state lacks of it or holds otherwise. Records of one partition are applied in their order, so that one which the
 * state does not have was before those behind it: what these did stays, unless it follows from the earlier one.
 *
 * @returns `next` when the state is to be replaced
 */
export function repairOrder(
  state: OrderState | undefined,
  order: Order,
  position: Position,
): Readonly<{ answer: OrderAnswer; next?: OrderState }> {
  const entry = { position, status: order.status }
  const content = contentOf(order)
  if (!state) return { answer: { kind: 'first' }, next: { content, entries: [entry] } }
  if (state.entries.some((known) => samePosition(known.position, position))) return restored(state, order, position)
  const before = state.entries.slice(0, placeIn(state.entries, position))
  const after = state.entries.slice(before.length).filter(({ status }) => status !== order.status)
  const [first, ...others] = before
  if (!first) {
    const follow = sameContent(state.content, content) ? after : []
    return { answer: { kind: 'first' }, next: { content, entries: [entry, ...follow] } }
  }
  const { answer, append } = judgeOrder({ content: state.content, entries: [first, ...others] }, order, position)
  return append ? { answer, next: { ...state, entries: [first, ...others, append, ...after] } } : { answer }
}

/** Of a record that the state knows: its content and its status are the record's. */
function restored(state: OrderState, order: Order, position: Position) {
  const isSound = state.entries.every((one) => !samePosition(one.position, position) || one.status === order.status)
  if (isSound && sameContent(state.content, contentOf(order))) return judgeOrder(state, order, position)
  const restore = (one: OrderState['entries'][0]) =>
    samePosition(one.position, position) ? { position, status: order.status } : one
  const [first, ...others] = state.entries
  const next: OrderState = { content: contentOf(order), entries: [restore(first), ...others.map(restore)] }
  return { answer: judgeOrder(next, order, position).answer, next }
}

/**
 * As `judgePayment`, where the record is right and the ledger may be damaged: what was published of a record's payment
 * stands in place of what the ledger says of that record. What other records did stays.
 *
 * @returns `next` when the state is to be replaced
 */
export function repairPayment(
  state: LedgerState | undefined,
  intent: PaymentIntent,
): Readonly<{ answer: PaymentAnswer; next?: LedgerState }> {
  if (!state) return judgePayment(state, intent)
  const known = state.entries.find(({ position }) => samePosition(position, intent.position))
  const content = contentOf(intent.order)
  const isItsOrder = known !== undefined || intent.recorded !== undefined
  const sound = isItsOrder && !sameContent(state.content, content) ? { ...state, content } : state
  const repaired = known ? withPublished(sound, known, intent) : sound
  const { answer, next } = judgePayment(repaired, intent)
  if (next) return { answer, next: { ...next, entries: inOrder(next.entries, intent.position) } }
  return repaired === state ? { answer } : { answer, next: repaired }
}

function withPublished(state: LedgerState, known: LedgerEntry, intent: PaymentIntent): LedgerState {
  const { recorded, position, atMs, decision } = intent
  if (!recorded || decision === 'none' || isPublished(judgePayment(state, intent).answer, intent)) return state
  const holds = samePosition(state.payment.position, position) || recorded === 'PAID'
  const { declinedAtMs: _, ...entry } = { ...known, effect: decision }
  const declined = !holds && decision === 'charge' ? { declinedAtMs: atMs } : {}
  const restore = (one: LedgerEntry): LedgerEntry => (one === known ? { ...entry, ...declined } : one)
  const [first, ...others] = state.entries
  const { attempts } = state.payment
  return {
    content: state.content,
    entries: [restore(first), ...others.map(restore)],
    payment: holds ? { status: recorded, position, atMs, ...(attempts && { attempts }) } : state.payment,
  }
}

function isPublished(answer: PaymentAnswer, { recorded, atMs }: PaymentIntent): boolean {
  return answer.kind === 'settled' && answer.outcome === recorded && answer.atMs === atMs
}

/** An entry that was added at the end goes to its place. */
function inOrder(entries: LedgerState['entries'], position: Position): LedgerState['entries'] {
  const added = entries.at(-1) ?? entries[0]
  if (!samePosition(added.position, position)) return entries
  const at = placeIn(entries, position)
  const [first = added, ...others] = [...entries.slice(0, at), added, ...entries.slice(at, -1)]
  return at === entries.length ? entries : [first, ...others]
}

/** Before the first of the same partition that is behind it. */
function placeIn(
  entries: readonly Readonly<{ position: Position }>[],
  { topicId, partition, offset }: Position,
): number {
  const isBehind = (other: Position) =>
    other.topicId === topicId && other.partition === partition && other.offset > offset
  const at = entries.findIndex(({ position }) => isBehind(position))
  return at < 0 ? entries.length : at
}

function sameContent(a: OrderContent, b: OrderContent): boolean {
  return (
    a.customerId === b.customerId &&
    a.amountMinor === b.amountMinor &&
    a.currency === b.currency &&
    a.country === b.country &&
    a.createdAtMs === b.createdAtMs
  )
}
