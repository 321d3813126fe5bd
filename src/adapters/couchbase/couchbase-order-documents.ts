import { orderDocument } from '../../domain/order-document.ts'
import type { OrderIdentity, OrderStatus } from '../../domain/order.ts'
import {
  contentOf,
  currentStatus,
  judgeOrder,
  type OrderAnswer,
  type OrderContent,
  type OrderState,
} from '../../domain/order-state.ts'
import { samePosition, type Position } from '../../domain/position.ts'
import { repairOrder } from '../../domain/repair.ts'
import type { OrderFact } from '../../ports/order-book.ts'

export type Recorded = Extract<OrderFact, { kind: 'order' }>

/** `content` is spread, since it is what is searched for. */
export type OrderDocument = OrderContent &
  Readonly<{
    kind: 'order'
    orderId: number
    identityMs: number
    status: OrderStatus
    /** Of the first record. */
    logMs: number
    logPartition: number
    logOffset: number
    entries: OrderState['entries']
    /** The contract's document, where its key is another order's now: only for ids that are used again. */
    document?: string
  }>

/** Records of one order in one batch, in offset order. */
export type OrderBatch = Readonly<{
  identity: OrderIdentity
  facts: readonly Recorded[]
  place: Omit<Position, 'offset'>
  /** Facts below are answered, and have no effect. */
  from: number
}>

/** Whether states are right, or records, which then put states right. */
export type Trust = 'states' | 'records'

export type Folded = Readonly<{
  answers: readonly OrderAnswer[]
  document: OrderDocument | undefined
  /** The fact whose record is the order's newest. */
  latest: Recorded | undefined
  /** Made by these facts. */
  isNew: boolean
  isChanged: boolean
}>

type Fold = (known: OrderDocument | undefined, batch: OrderBatch) => Folded

/** What the facts make of an order, one after the other. */
export function orderFold(trust: Trust): Fold {
  return (known, { identity, facts, place, from }) => {
    let document = known
    const answers = facts.map((fact) => {
      const position = { ...place, offset: fact.offset }
      const { answer, next } = judge(trust, document && stateOf(document), fact, position)
      if (fact.offset < from) return answer
      if (next) document = documentOf({ identity, known: document, next, fact, position })
      else if (document && trust === 'records') document = repaired(document, fact, position)
      return answer
    })
    const newest = document?.entries.at(-1)
    const latest = facts.findLast(
      ({ offset }) => offset >= from && newest !== undefined && samePosition(newest.position, { ...place, offset }),
    )
    return { answers, document, latest, isNew: !known && document !== undefined, isChanged: document !== known }
  }
}

function judge(
  trust: Trust,
  state: OrderState | undefined,
  { order }: Recorded,
  position: Position,
): Readonly<{ answer: OrderAnswer; next?: OrderState }> {
  if (trust === 'records') return repairOrder(state, order, position)
  const { answer, append } = judgeOrder(state, order, position)
  if (!append) return { answer }
  return { answer, next: state ? { ...state, entries: [...state.entries, append] } : firstState(append, order) }
}

function firstState(entry: OrderState['entries'][0], order: Recorded['order']): OrderState {
  return { content: contentOf(order), entries: [entry] }
}

type Written = Readonly<{
  identity: OrderIdentity
  known: OrderDocument | undefined
  next: OrderState
  fact: Recorded
  position: Position
}>

function documentOf({ identity, known, next, fact, position }: Written): OrderDocument {
  const { entries, content } = next
  const [first] = entries
  const isFirst = samePosition(first.position, position)
  return {
    kind: 'order',
    orderId: identity.orderId,
    identityMs: identity.createdAtMs,
    ...content,
    logMs: isFirst || !known ? fact.timestampMs : known.logMs,
    logPartition: first.position.partition,
    logOffset: first.position.offset,
    entries,
    status: currentStatus(next),
    ...ownDocument({ identity, known, next, fact, position }),
  }
}

/** Of the newest record, whether this is one or not. */
function ownDocument({ identity, known, next, fact, position }: Written): Pick<OrderDocument, 'document'> {
  if (identity.createdAtMs === 0) return {}
  const newest = next.entries.at(-1)
  if (!newest || samePosition(newest.position, position)) {
    return { document: orderDocument(fact.json, { ...position, timestampMs: fact.timestampMs }) }
  }
  return known?.document === undefined ? {} : { document: known.document }
}

/** What is beside the state: written again where this record is what it comes from. The same object when it is right. */
function repaired(known: OrderDocument, fact: Recorded, position: Position): OrderDocument {
  const identity = { orderId: known.orderId, createdAtMs: known.identityMs }
  const written = documentOf({ identity, known, next: stateOf(known), fact, position })
  return JSON.stringify(written) === JSON.stringify(known) ? known : written
}

export function stateOf({ entries, ...document }: OrderDocument): OrderState {
  const { customerId, country, createdAtMs, currency, amountMinor } = document
  return { content: { customerId, country, createdAtMs, currency, amountMinor }, entries }
}
