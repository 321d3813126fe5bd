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
import type { Keyspaces } from './couchbase-keyspaces.ts'
import { readJson, type Modify } from './couchbase-json.ts'

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

/** Which orders have an id, where ids are used again: the times that belong to their identities. */
export type Identities = Readonly<{ kind: 'identities'; createdAtMs: readonly number[] }>

/** The newest so many orders of one id can be found by it. */
const identitiesMax = 1_000

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
  identities: (orderId: number) => Promise<readonly OrderIdentity[]>
  /** Lets `identities` find an order that something else knows first. */
  note: (identity: OrderIdentity) => Promise<void>
}>

export function couchbaseOrderStates(
  { orders, documents }: Pick<Keyspaces, 'orders' | 'documents'>,
  modify: Modify,
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
    return (
      identity.createdAtMs === 0 || (await identities(identity.orderId)).at(-1)?.createdAtMs === identity.createdAtMs
    )
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
    for (;;) {
      const known = await documents.get(key)
      if (!(await isLatest(identity, position)) || known?.text === text) return
      const written = known ? await documents.replace(key, text, known.cas) : await documents.insert(key, text)
      if (written !== undefined) return
    }
  }

  async function find(identity: OrderIdentity): Promise<OrderDocument | undefined> {
    return (await readJson<OrderDocument>(orders, identityText(identity)))?.document
  }

  async function identities(orderId: number): Promise<readonly OrderIdentity[]> {
    const known = await readJson<Identities>(orders, identitiesKey(orderId))
    return (known?.document.createdAtMs ?? []).map((createdAtMs) => ({ orderId, createdAtMs }))
  }

  async function note({ orderId, createdAtMs }: OrderIdentity): Promise<void> {
    if (createdAtMs === 0) return
    await modify<Identities>(orders, identitiesKey(orderId), (known) => {
      const times = known?.createdAtMs ?? []
      if (times.includes(createdAtMs)) return undefined
      const all = [...times, createdAtMs].toSorted((a, b) => a - b)
      return { kind: 'identities', createdAtMs: all.slice(-identitiesMax) }
    })
  }

  return {
    async settle(batch) {
      if (batch.facts.some(({ offset }) => offset >= batch.from)) await note(batch.identity)
      const { answers, latest, isNew } = await settleState(batch)
      if (latest) await writeDocument(batch, latest, isNew)
      return answers
    },
    find,
    identities,
    note,

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

function identitiesKey(orderId: number): string {
  return `${orderId}/identities`
}
