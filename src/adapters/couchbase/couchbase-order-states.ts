import { orderDocument } from '../../domain/order-document.ts'
import { identityText, type OrderIdentity } from '../../domain/order.ts'
import type { OrderAnswer } from '../../domain/order-state.ts'
import { samePosition, type Position } from '../../domain/position.ts'
import type { StoredOrder } from '../../ports/order-queries.ts'
import type { CouchbaseIdentities } from './couchbase-identities.ts'
import type { Keyspaces } from './couchbase-keyspaces.ts'
import { readJson, type Writer } from './couchbase-json.ts'
import {
  orderFold,
  type Folded,
  type OrderBatch,
  type OrderDocument,
  type Recorded,
  type Trust,
} from './couchbase-order-documents.ts'

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
  trust: Trust,
): OrderStates {
  const foldFacts = orderFold(trust)

  async function settleState(batch: OrderBatch): Promise<Folded> {
    const key = identityText(batch.identity)
    // Nearly every order is new, but in a rebuild: then nothing needs to be read first.
    const fresh = foldFacts(undefined, batch)
    if (trust === 'states' && fresh.isNew && (await orders.insert(key, JSON.stringify(fresh.document))) !== undefined)
      return fresh
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
