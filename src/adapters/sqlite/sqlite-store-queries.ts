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
          columns: `${letterColumns}, length(id) AS id_length`,
          // Ids of one partition end with an offset: the longer one is the later one.
          key: ['timestamp_ms', 'id_length', 'id'],
          example: [0, 0, ''],
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
