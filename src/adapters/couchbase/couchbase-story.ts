import { fraudReason } from '../../domain/fraud.ts'
import type { OrderIdentity } from '../../domain/order.ts'
import type { OrderQueries, OrderStory } from '../../ports/order-queries.ts'
import type { CouchbaseIdentities } from './couchbase-identities.ts'
import type { Keyspaces } from './couchbase-keyspaces.ts'
import { findPayment } from './couchbase-payment-documents.ts'
import { stateOf } from './couchbase-order-documents.ts'
import type { OrderStates } from './couchbase-order-states.ts'
import type { Generation, Generations } from './couchbase-generations.ts'
import { lettersOf } from './couchbase-letters.ts'
import { findAlert } from './couchbase-views.ts'

/** Of one order id, where ids are used again. */
const identitiesMax = 100

type Told = Omit<OrderStory, 'deadLetters'>

/** A handful of reads by key, all at once for the usual order. */
export function couchbaseStory(
  keyspaces: Pick<Keyspaces, 'payments'>,
  generations: Generations,
  states: OrderStates,
  identities: Pick<CouchbaseIdentities, 'of'>,
): Pick<OrderQueries, 'findOrder'> {
  async function tell(generation: Generation, identity: OrderIdentity): Promise<Told> {
    const [document, payment, unnamed, named] = await Promise.all([
      states.find(identity),
      findPayment(keyspaces, identity),
      // An alert that does not say which order belongs to each.
      findAlert(generation, { ...identity, createdAtMs: 0 }, fraudReason),
      identity.createdAtMs === 0 ? undefined : findAlert(generation, identity, fraudReason),
    ])
    return {
      order: document && (await states.stored(document)),
      state: document && stateOf(document),
      payment,
      alerts: [unnamed, named].filter((alert) => alert !== undefined),
    }
  }

  return {
    findOrder: (orderId) =>
      generations.throughout(async (generation) => {
        const [plain, deadLetters, timed] = await Promise.all([
          tell(generation, { orderId, createdAtMs: 0 }),
          lettersOf(generation, orderId),
          identities.of(orderId),
        ])
        const others = await Promise.all(timed.slice(-identitiesMax).map((identity) => tell(generation, identity)))
        const isKnown = plain.state !== undefined || plain.payment !== undefined
        const told = isKnown ? [plain, ...others] : others
        if (told.length > 0) return told.map((story) => ({ ...story, deadLetters }))
        return plain.alerts.length + deadLetters.length > 0 ? [{ ...plain, deadLetters }] : []
      }),
  }
}
