import { orderDocument } from '../../domain/order-document.ts'
import { identityText, type OrderIdentity, type OrderStatus } from '../../domain/order.ts'
import {
  contentOf,
  judgeOrder,
  type OrderAnswer,
  type OrderContent,
  type OrderState,
} from '../../domain/order-state.ts'
import { samePosition, type Position } from '../../domain/position.ts'
import type { OrderFact } from '../../ports/order-book.ts'
import type { StoredOrder } from '../../ports/order-queries.ts'
import type { CouchbaseIdentities } from './couchbase-identities.ts'
import type { Keyspaces } from './couchbase-keyspaces.ts'
import { readJson, type Writer } from './couchbase-json.ts'

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

export type OrderStates = Readonly<{
  /** Writes what the facts change, and then the contract's document. One answer a fact. */
  settle: (batch: OrderBatch) => Promise<readonly OrderAnswer[]>
  find: (identity: OrderIdentity) => Promise<OrderDocument | undefined>
  stored: (document: OrderDocument) => Promise<StoredOrder | undefined>
}>

export function couchbaseOrderStates(
  { orders, documents }: Pick<Keyspaces, 'orders' | 'documents'>,
  { swap, modify }: Writer,
  identities: Pick<CouchbaseIdentities, 'isLatest'>,
): OrderStates {
  async function settleState(batch: OrderBatch): Promise<Folded> {
    const key = identityText(batch.identity)
    // Nearly every order is new: then nothing needs to be read first.
    const fresh = foldFacts(undefined, batch)
    if (fresh.isNew && (await orders.insert(key, JSON.stringify(fresh.document))) !== undefined) return fresh
    let answers: readonly OrderAnswer[] = []
    let latest: Recorded | undefined
    const document = await modify<OrderDocument>(orders, key, (known) => {
      const folded = foldFacts(known, batch)
      answers = folded.answers
      latest = folded.latest
      return folded.isChanged ? folded.document : undefined
    })
    return { answers, document, latest, isNew: false, isChanged: false }
  }

  async function isLatest(identity: OrderIdentity, position: Position): Promise<boolean> {
    const known = await find(identity)
    const latest = known?.entries.at(-1)
    if (!latest || !samePosition(latest.position, position)) return false
    return identities.isLatest(identity)
  }

  /**
   * The contract's document of an id is that of its newest entry. The document is read before the state, so that one
   * who was overtaken in between finds another version.
   */
  async function writeDocument({ identity, place }: OrderBatch, fact: Recorded, isNew: boolean): Promise<void> {
    const key = String(identity.orderId)
    const position = { ...place, offset: fact.offset }
    const text = orderDocument(fact.json, { ...position, timestampMs: fact.timestampMs })
    if (isNew && identity.createdAtMs === 0 && (await documents.insert(key, text)) !== undefined) return
    // Of thousands of orders with one id, the others need not wait for their turn to find out.
    if (!(await identities.isLatest(identity))) return
    await swap(documents, key, async (known) =>
      (await isLatest(identity, position)) && known?.text !== text ? text : undefined,
    )
  }

  async function find(identity: OrderIdentity): Promise<OrderDocument | undefined> {
    return (await readJson<OrderDocument>(orders, identityText(identity)))?.document
  }

  return {
    async settle(batch) {
      const { answers, latest, isNew } = await settleState(batch)
      if (latest) await writeDocument(batch, latest, isNew)
      return answers
    },
    find,

    async stored(document) {
      const { orderId, status, logMs } = document
      const text = document.document ?? (await documents.get(String(orderId)))?.text
      return text === undefined ? undefined : { orderId, document: text, status, timestampMs: logMs }
    },
  }
}

type Folded = Readonly<{
  answers: readonly OrderAnswer[]
  document: OrderDocument | undefined
  /** The fact whose record is the order's newest. */
  latest: Recorded | undefined
  /** Made by these facts. */
  isNew: boolean
  isChanged: boolean
}>

/** What the facts make of an order, one after the other. */
function foldFacts(known: OrderDocument | undefined, batch: OrderBatch): Folded {
  const { identity, facts, place, from } = batch
  let document = known
  const answers = facts.map((fact) => {
    const position = { ...place, offset: fact.offset }
    const { answer, append } = judgeOrder(document && stateOf(document), fact.order, position)
    if (!append || fact.offset < from) return answer
    const entries = document ? ([...document.entries, append] as const) : ([append] as const)
    const kept = document ?? newDocument(identity, fact, place)
    document = { ...kept, entries, status: append.status, ...ownDocument(identity, fact, position) }
    return answer
  })
  const newest = document?.entries.at(-1)
  const latest = facts.findLast(
    ({ offset }) => offset >= from && newest !== undefined && samePosition(newest.position, { ...place, offset }),
  )
  return { answers, document, latest, isNew: !known && document !== undefined, isChanged: document !== known }
}

function newDocument(identity: OrderIdentity, fact: Recorded, place: Omit<Position, 'offset'>) {
  return {
    kind: 'order',
    orderId: identity.orderId,
    identityMs: identity.createdAtMs,
    ...contentOf(fact.order),
    logMs: fact.timestampMs,
    logPartition: place.partition,
    logOffset: fact.offset,
  } as const
}

function ownDocument({ createdAtMs }: OrderIdentity, { json, timestampMs }: Recorded, position: Position) {
  return createdAtMs === 0 ? {} : { document: orderDocument(json, { ...position, timestampMs }) }
}

export function stateOf({ entries, ...document }: OrderDocument): OrderState {
  const { customerId, country, createdAtMs, currency, amountMinor } = document
  return { content: { customerId, country, createdAtMs, currency, amountMinor }, entries }
}
