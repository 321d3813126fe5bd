import type { OrderIdentity } from '../../domain/order.ts'
import type { Keyspaces } from './couchbase-keyspaces.ts'
import { readJson, type Modify } from './couchbase-json.ts'
import type { ForEach } from './couchbase-work.ts'

/** Which orders have an id, where ids are used again: the times that belong to their identities, ascending. */
type IdentitiesDocument = Readonly<{
  kind: 'identities'
  createdAtMs: readonly number[]
  /** The latest that analytics has: payment and the views may know others, which have no document. */
  latestMs: number | null
}>

/** Who knows them: the one that writes the contract's documents, or another. */
type Knower = 'analytics' | 'other'

export type CouchbaseIdentities = Readonly<{
  /** Lets them be found by their id. One change an id, however many orders of it a batch has. */
  note: (identities: readonly OrderIdentity[], knower: Knower) => Promise<void>
  /** Those with a time. */
  of: (orderId: number) => Promise<readonly OrderIdentity[]>
  /** Whether the contract's document of the id is this order's. */
  isLatest: (identity: OrderIdentity) => Promise<boolean>
}>

/** The latest so many orders of one id can be found by it. */
const identitiesMax = 1_000

export function couchbaseIdentities(
  { orders }: Pick<Keyspaces, 'orders'>,
  modify: Modify,
  forEach: ForEach,
): CouchbaseIdentities {
  async function read(orderId: number): Promise<IdentitiesDocument | undefined> {
    return (await readJson<IdentitiesDocument>(orders, keyOf(orderId)))?.document
  }

  async function noteOne([orderId, times]: readonly [number, readonly number[]], knower: Knower): Promise<void> {
    await modify<IdentitiesDocument>(orders, keyOf(orderId), (known) => {
      const old = known?.createdAtMs ?? []
      const all = [...new Set([...old, ...times])].toSorted((a, b) => a - b).slice(-identitiesMax)
      const mine = knower === 'analytics' ? times : []
      const latestMs = Math.max(known?.latestMs ?? -Infinity, ...mine)
      const isKnown = all.every((time, index) => time === old[index]) && latestMs === (known?.latestMs ?? -Infinity)
      if (isKnown) return undefined
      return { kind: 'identities', createdAtMs: all, latestMs: Number.isFinite(latestMs) ? latestMs : null }
    })
  }

  return {
    async note(identities, knower) {
      const timesOf = new Map<number, number[]>()
      for (const { orderId, createdAtMs } of identities) {
        if (createdAtMs !== 0) timesOf.set(orderId, [...(timesOf.get(orderId) ?? []), createdAtMs])
      }
      await forEach([...timesOf], (times) => noteOne(times, knower))
    },

    async of(orderId) {
      return ((await read(orderId))?.createdAtMs ?? []).map((createdAtMs) => ({ orderId, createdAtMs }))
    },

    async isLatest({ orderId, createdAtMs }) {
      return createdAtMs === 0 || (await read(orderId))?.latestMs === createdAtMs
    },
  }
}

function keyOf(orderId: number): string {
  return `${orderId}/identities`
}
