import { join } from 'node:path'
import { openSqliteStore } from '../../../src/adapters/sqlite/sqlite-store.ts'
import type { OrderQueries, Page, PageQuery } from '../../../src/ports/order-queries.ts'

const pageSize = 1_000

/** Documents, payments, alerts and dead letters of a store, one sorted text each, without places and times of ours. */
export async function storedThings(dataDir: string, onKafka: boolean): Promise<readonly string[]> {
  const file = join(dataDir, onKafka ? 'store-kafka.db' : 'store.db')
  const store = openSqliteStore({ file, readOnly: true })
  try {
    return (await Promise.all([documents(store), payments(store), alerts(store), letters(store)])).flat()
  } finally {
    await store.close()
  }
}

async function documents(store: OrderQueries): Promise<readonly string[]> {
  const orders = await everything((page) => store.searchOrders({ ...page, sort: 'order_id_asc' }))
  return orders.map(({ orderId, document, status }) => {
    const own = document.replace(/,"processed_at":"\d+","kafka_offset":\d+,"kafka_partition":\d+}$/, '}')
    return `order ${orderId} ${status} ${own}`
  })
}

async function payments(store: OrderQueries): Promise<readonly string[]> {
  const found = await everything((page) => store.searchPayments(page))
  return found
    .map(({ orderId, ledger: { content, payment, entries } }) =>
      ['payment', orderId, payment.status, JSON.stringify(content), entries.map(({ status }) => status).join()].join(
        ' ',
      ),
    )
    .toSorted()
}

async function alerts(store: OrderQueries): Promise<readonly string[]> {
  const found = await everything((page) => store.searchAlerts(page))
  return found.map(({ alert }) => `alert ${JSON.stringify(alert)}`).toSorted()
}

async function letters(store: OrderQueries): Promise<readonly string[]> {
  const found = await everything((page) => store.searchDeadLetters(page))
  return found
    .map(({ group, topic, code, message, stage, orderId }) =>
      ['letter', group, topic, code, message, stage, orderId].join(' '),
    )
    .toSorted()
}

async function everything<Item>(search: (page: PageQuery) => Promise<Page<Item>>): Promise<readonly Item[]> {
  const all: Item[] = []
  for (let cursor: string | null | undefined; cursor !== null;) {
    const page: Page<Item> = await search({ limit: pageSize, ...(cursor === undefined ? {} : { cursor }) })
    all.push(...page.items)
    cursor = page.nextCursor
  }
  return all
}
