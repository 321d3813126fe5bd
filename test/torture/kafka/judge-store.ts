import type { OrderQueries, OrderStory, Page, PageQuery } from '../../../src/ports/order-queries.ts'
import { audit, type AuditOptions } from '../../support/audit/audit.ts'
import { orderIdsOf, readFacts } from '../../support/audit/facts.ts'
import type { TorturedStore } from './tortured-store.ts'

type Stories = ReadonlyMap<number, readonly OrderStory[]>

const storiesAtOnce = 64
const pageSize = 1_000

/** What is wrong with what the services left, by what the log holds: the audit, and what readers page through. */
export async function judgeStore(
  { reader, sorts, documents }: TorturedStore,
  options: Omit<AuditOptions, 'store'>,
): Promise<readonly string[]> {
  const facts = await readFacts(options.log, options.reuse)
  const stories = await readStories(reader, orderIdsOf(facts))
  const store: OrderQueries = {
    ...reader,
    findOrder: (orderId) => Promise.resolve(stories.get(orderId) ?? []),
    searchOrders: (query) => reader.searchOrders(sorts ? query : { ...query, sort: 'newest' }),
  }
  const { services } = options
  const counted = !services || services.includes('analytics')
  return [
    ...(await audit({ ...options, store })),
    ...(await auditLists(reader)),
    ...(documents && counted ? auditDocuments(documents(), stories) : []),
  ]
}

async function readStories(reader: OrderQueries, orderIds: ReadonlySet<number>): Promise<Stories> {
  const ids = orderIds.values()
  const stories = new Map<number, readonly OrderStory[]>()
  const readOn = async (): Promise<void> => {
    for (const orderId of ids) stories.set(orderId, await reader.findOrder(orderId))
  }
  await Promise.all(Array.from({ length: storiesAtOnce }, readOn))
  return stories
}

/** I3: what is listed is what is counted, each once, the newest first. */
async function auditLists(reader: OrderQueries): Promise<readonly string[]> {
  const orders = await everything((page) => reader.searchOrders({ ...page, sort: 'newest' }))
  const payments = await everything((page) => reader.searchPayments(page))
  const alerts = await everything((page) => reader.searchAlerts(page))
  const letters = await everything((page) => reader.searchDeadLetters(page))
  const { totals } = await reader.totals()
  const counts = await reader.viewCounts()
  const { tally } = await reader.payments()
  const minutes = await reader.series({ fromMs: 0, toMs: Number.MAX_SAFE_INTEGER })
  const listed: readonly (readonly [what: string, listed: number, counted: number])[] = [
    ['orders', orders.length, totals.overall.orderCount],
    ['different orders', new Set(orders.map(({ document }) => document)).size, totals.overall.orderCount],
    ['different payments', new Set(payments.map(paymentName)).size, payments.length],
    ['paid orders', payments.filter(({ ledger }) => ledger.payment.status === 'PAID').length, tally.paid],
    ['alerts', alerts.length, counts.alerts],
    ['dead letters', letters.length, counts.deadLetters],
    ['different dead letters', new Set(letters.map(({ id }) => id)).size, counts.deadLetters],
    ['orders by minute', minutes.reduce((sum, { orderCount }) => sum + orderCount, 0), totals.overall.orderCount],
  ]
  return [
    ...listed.flatMap(([what, is, counted]) =>
      is === counted ? [] : [`I3: ${is} ${what} are listed, not ${counted}`],
    ),
    ...[orders, payments, alerts, letters].flatMap((items) =>
      isNewestFirst(items) ? [] : ['I6: a list is not by time'],
    ),
  ]
}

function paymentName({ orderId, ledger }: Readonly<{ orderId: number; ledger: { content: { createdAtMs: number } } }>) {
  return `${orderId}@${ledger.content.createdAtMs}`
}

function isNewestFirst(items: readonly Readonly<{ timestampMs: number }>[]): boolean {
  return items.every(({ timestampMs }, index) => timestampMs <= (items[index - 1]?.timestampMs ?? Infinity))
}

async function everything<Item>(pageOf: (query: PageQuery) => Promise<Page<Item>>): Promise<readonly Item[]> {
  const all: Item[] = []
  for (let cursor: string | null | undefined; cursor !== null;) {
    const { items, nextCursor } = await pageOf({ limit: pageSize, ...(cursor ? { cursor } : {}) })
    all.push(...items)
    cursor = nextCursor
  }
  return all
}

/** The contract's documents: one an order id, of the order that was created last, and nothing else. */
function auditDocuments(documents: ReadonlyMap<string, string>, stories: Stories): readonly string[] {
  const complaints = [...documents.keys()]
    .filter((key) => !stories.has(Number(key)))
    .map((key) => `I5: the contract's collection holds ${key}, which is no order of the log`)
  for (const [orderId, told] of stories) {
    const [newest] = told.toSorted((a, b) => createdAtMs(b) - createdAtMs(a))
    const document = documents.get(String(orderId))
    if (document !== newest?.order?.document)
      complaints.push(`I1: the contract's document of ${orderId} is ${document}`)
  }
  return complaints
}

function createdAtMs({ state }: OrderStory): number {
  return state?.content.createdAtMs ?? 0
}
