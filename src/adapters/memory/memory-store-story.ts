import { identityText, type OrderIdentity } from '../../domain/order.ts'
import { currentStatus } from '../../domain/order-state.ts'
import type {
  OrderQueries,
  OrderStory,
  StoredDeadLetter,
  StoredOrder,
  StoredPayment,
} from '../../ports/order-queries.ts'
import type { MemoryDeadLetter, MemoryOrder, MemoryPayment, MemoryStoreState } from './memory-store-state.ts'

export function memoryStory(state: MemoryStoreState): Pick<OrderQueries, 'findOrder'> {
  return {
    findOrder(orderId) {
      const alerts = [...state.alerts.values()]
        .filter(({ alert }) => alert.orderId === orderId)
        .map(({ timestampMs, alert }) => ({ timestampMs, alert }))
      const deadLetters = [...state.deadLetters.values()]
        .filter((letter) => letter.orderId === orderId)
        .map(storedDeadLetter)
      const known = identitiesOf(state, orderId).map((identity) => toldOf(state, identity))
      const nothing = known.length === 0 && alerts.length === 0 && deadLetters.length === 0
      const told = known.length > 0 || nothing ? known : [{ order: undefined, state: undefined, payment: undefined }]
      return Promise.resolve(told.map((story) => ({ ...story, alerts, deadLetters })))
    },
  }
}

/** Payment may know an order before analytics does. */
function identitiesOf({ orders, ledger }: MemoryStoreState, orderId: number): readonly OrderIdentity[] {
  const rows = [...orders.values(), ...ledger.values()].filter(({ identity }) => identity.orderId === orderId)
  return [...new Map(rows.map(({ identity }) => [identityText(identity), identity])).values()].toSorted(
    (a, b) => a.createdAtMs - b.createdAtMs,
  )
}

function toldOf(
  { orders, ledger }: MemoryStoreState,
  identity: OrderIdentity,
): Pick<OrderStory, 'order' | 'state' | 'payment'> {
  const order = orders.get(identityText(identity))
  const payment = ledger.get(identityText(identity))
  return {
    order: order && storedOrder(order)[0],
    state: order?.state,
    payment: payment && storedPayment(payment),
  }
}

/** An order whose document is not written yet is not there for readers. */
export function storedOrder({ identity, state, timestampMs, document }: MemoryOrder): readonly StoredOrder[] {
  return document === undefined
    ? []
    : [{ orderId: identity.orderId, document, status: currentStatus(state), timestampMs }]
}

export function storedPayment({ identity, ledger }: MemoryPayment): StoredPayment {
  return { orderId: identity.orderId, timestampMs: ledger.entries[0].atMs, ledger }
}

export function storedDeadLetter({ position: _, ...letter }: MemoryDeadLetter): StoredDeadLetter {
  return letter
}
