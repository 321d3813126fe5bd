import type { OrderQueries } from '../../ports/order-queries.ts'
import type { StoreDatabase } from './sqlite-store-database.ts'
import { ledgerColumns, paymentIndex, storedPaymentOf } from './sqlite-store-ledger-rows.ts'
import { pageOf, when } from './sqlite-store-page.ts'
import { sqlitePlaces } from './sqlite-store-places.ts'
import { intOf } from './sqlite-store-rows.ts'
import { letterColumns, storedAlertOf, storedDeadLetterOf } from './sqlite-store-views.ts'

type Queries = Pick<
  OrderQueries,
  'searchPayments' | 'searchAlerts' | 'searchDeadLetters' | 'findDeadLetter' | 'version'
>

const letterPlaceColumns = "letter ->> '$.letter.partition' AS at_partition, letter ->> '$.letter.offset' AS at_offset"

export function sqliteQueries(db: StoreDatabase): Queries {
  const placesNow = sqlitePlaces(db)
  const letter = db.prepare(`SELECT ${letterColumns} FROM dead_letters WHERE id = ?`)
  const dataVersion = db.prepare('PRAGMA data_version')

  return {
    searchPayments: (query) =>
      db.read(() => {
        const places = placesNow()
        return pageOf(db, query, {
          name: 'payments',
          table: 'ledger',
          columns: ledgerColumns,
          key: ['at_ms', 'place', 'first_offset', 'order_id', 'identity_ms'],
          example: [0, 0, 0, 0, 0],
          descending: true,
          seek: [],
          filter: query.outcome === undefined ? [] : [{ sql: 'payment = ?', value: paymentIndex(query.outcome) }],
          itemOf: (row) => storedPaymentOf(row, places),
        })
      }),

    searchAlerts: (query) =>
      db.read(() =>
        pageOf(db, query, {
          name: 'alerts',
          table: 'alerts',
          columns: '*',
          key: ['timestamp_ms', 'order_id', 'identity_ms', 'reason'],
          example: [0, 0, 0, ''],
          descending: true,
          seek: [],
          filter: [],
          itemOf: storedAlertOf,
        }),
      ),

    searchDeadLetters: (query) =>
      db.read(() =>
        pageOf(db, query, {
          name: 'dead-letters',
          table: 'dead_letters',
          columns: `${letterColumns}, ${letterPlaceColumns}`,
          // The indexes go by time: letters of one time are sorted as they are read.
          key: ['timestamp_ms', 'at_partition', 'at_offset', 'id'],
          example: [0, 0, 0, ''],
          descending: query.sort !== 'oldest',
          seek: [
            ...when('order_id = ?', query.orderId),
            ...when('timestamp_ms >= ?', query.fromMs),
            ...when('timestamp_ms < ?', query.toMs),
          ],
          filter: [
            ...when('group_name = ?', query.group),
            ...when('code = ?', query.code),
            ...when('(redrive IS NOT NULL) = ?', query.state && Number(query.state === 'redriven')),
          ],
          itemOf: storedDeadLetterOf,
        }),
      ),

    findDeadLetter: (id) =>
      db.read(() => {
        const row = letter.get(id)
        return row && storedDeadLetterOf(row)
      }),

    // data_version tells of other connections' commits only.
    version: () => db.read(() => `${intOf(dataVersion.get() ?? {}, 'data_version')}.${db.writes()}`),
  }
}
