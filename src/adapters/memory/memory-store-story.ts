import { identityText, type OrderIdentity } from '../../domain/order.ts'
import { currentStatus } from '../../domain/order-state.ts'
import type {
  OrderQueries,
  OrderStory,
  StoredAlert,
  StoredDeadLetter,
  StoredOrder,
  StoredPayment,
} from '../../ports/order-queries.ts'
import type {
  MemoryAlert,
  MemoryDeadLetter,
  MemoryOrder,
  MemoryPayment,
  MemoryStoreState,
} from './memory-store-state.ts'

export function memoryStory(state: MemoryStoreState): Pick<OrderQueries, 'findOrder'> {
  return {
    findOrder(orderId) {
      const deadLetters = [...state.deadLetters.values()]
        .filter((letter) => letter.orderId === orderId)
        .map((letter) => storedDeadLetter(state, letter))
      const known = identitiesOf(state, orderId).map((identity) => toldOf(state, identity))
      const untold = toldOf(state, { orderId, createdAtMs: 0 })
      const nothing = known.length === 0 && untold.alerts.length === 0 && deadLetters.length === 0
      const told = known.length > 0 || nothing ? known : [untold]
      return Promise.resolve(told.map((story) => ({ ...story, deadLetters })))
    },
  }
}

/** Payment or the views may know an order before analytics does. */
function identitiesOf({ orders, ledger, alerts }: MemoryStoreState, orderId: number): readonly OrderIdentity[] {
  const known = [...alerts.values()].filter(({ identity }) => identity.createdAtMs !== 0)
  const rows = [...orders.values(), ...ledger.values(), ...known].filter(({ identity }) => identity.orderId === orderId)
  return [...new Map(rows.map(({ identity }) => [identityText(identity), identity])).values()].toSorted(
    (a, b) => a.createdAtMs - b.createdAtMs,
  )
}

function toldOf(
  { orders, ledger, alerts }: MemoryStoreState,
  identity: OrderIdentity,
): Omit<OrderStory, 'deadLetters'> {
  const order = orders.get(identityText(identity))
  const payment = ledger.get(identityText(identity))
  return {
    order: order && storedOrder(order)[0],
    state: order?.state,
    payment: payment && storedPayment(payment),
    alerts: [...alerts.values()].filter((row) => isAlertOf(row, identity)).map(storedAlert),
  }
}

/** An alert that does not say which order belongs to each. */
function isAlertOf({ identity: { orderId, createdAtMs } }: MemoryAlert, identity: OrderIdentity): boolean {
  return orderId === identity.orderId && (createdAtMs === 0 || createdAtMs === identity.createdAtMs)
}

export function storedAlert({ timestampMs, alert }: MemoryAlert): StoredAlert {
  return { timestampMs, alert }
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

export function storedDeadLetter(
  { redrives }: MemoryStoreState,
  { position: _, ...letter }: MemoryDeadLetter,
): StoredDeadLetter {
  return { ...letter, redriven: redrives.get(letter.id)?.redriven ?? null }
}
