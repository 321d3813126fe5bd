import type { OrderIdentity } from '../../domain/order.ts'
import type { OrderQueries, OrderStory } from '../../ports/order-queries.ts'
import type { StoreDatabase } from './sqlite-store-database.ts'
import { storedPaymentOf } from './sqlite-store-ledger-rows.ts'
import { stateOf, storedOrderOf } from './sqlite-store-order-rows.ts'
import { sqlitePlaces, type Places } from './sqlite-store-places.ts'
import { intOf } from './sqlite-store-rows.ts'
import { letterColumns, storedAlertOf, storedDeadLetterOf } from './sqlite-store-views.ts'

/** Identities with one order id, and dead letters that speak of it: each at most this many. */
const storyRowsMax = 100

type Told = Omit<OrderStory, 'deadLetters'>

export function sqliteStory(db: StoreDatabase): Pick<OrderQueries, 'findOrder'> {
  const placesNow = sqlitePlaces(db)
  const alertsOf = db.prepare(
    'SELECT * FROM alerts WHERE order_id = ? AND identity_ms IN (0, ?) ORDER BY identity_ms, reason',
  )
  const lettersOf = db.prepare(
    `SELECT ${letterColumns} FROM dead_letters WHERE order_id = ? ORDER BY timestamp_ms DESC LIMIT ${storyRowsMax}`,
  )
  // Payment or the views may know an order before analytics does. An alert that does not say which order belongs to each.
  const identities = db.prepare(`
    SELECT identity_ms FROM orders WHERE order_id = ?1 UNION SELECT identity_ms FROM ledger WHERE order_id = ?1
    UNION SELECT identity_ms FROM alerts WHERE order_id = ?1 AND identity_ms <> 0
    ORDER BY identity_ms LIMIT ${storyRowsMax}`)
  const orderOf = db.prepare('SELECT * FROM orders WHERE order_id = ? AND identity_ms = ?')
  const paymentOf = db.prepare('SELECT * FROM ledger WHERE order_id = ? AND identity_ms = ?')

  function tell({ orderId, createdAtMs }: OrderIdentity, places: Places): Told {
    const order = orderOf.get(orderId, createdAtMs)
    const payment = paymentOf.get(orderId, createdAtMs)
    return {
      order: order && storedOrderOf(order, places),
      state: order && stateOf(order, places),
      payment: payment && storedPaymentOf(payment, places),
      alerts: alertsOf.all(orderId, createdAtMs).map(storedAlertOf),
    }
  }

  return {
    findOrder: (orderId) =>
      db.read(() => {
        const places = placesNow()
        const deadLetters = lettersOf.all(orderId).map(storedDeadLetterOf)
        const told = identities
          .all(orderId)
          .map((row) => tell({ orderId, createdAtMs: intOf(row, 'identity_ms') }, places))
        if (told.length > 0) return told.map((story) => ({ ...story, deadLetters }))
        const untold = tell({ orderId, createdAtMs: 0 }, places)
        return untold.alerts.length + deadLetters.length > 0 ? [{ ...untold, deadLetters }] : []
      }),
  }
}
