import type { Difference } from '../codec/operation-codec.ts'
import { decodeOrder } from '../codec/order-codec.ts'
import type { OrderId } from '../domain/order.ts'
import type { OrderStory, OrderQueries, Page } from '../ports/order-queries.ts'
import { samePosition } from '../domain/position.ts'
import { hasCode } from '../errors.ts'
import type { Log } from '../ports/log.ts'
import type { PieceDeps } from './check-state.ts'
import type { CheckPlan } from './check-plan.ts'
import { compareStories, type Compared, type Entry } from './compare-stories.ts'

/** One list that is walked: of what was replayed (`log`), for what is missing; or of the store, for what is too much. */
export type Pass = Readonly<{ side: 'log' | 'store'; list: 'orders' | 'payments' | 'alerts' | 'letters' }>

/** Walks that find every difference there is; an order that more than one of them comes by is compared by the first alone. */
export function passesOf({ shards }: CheckPlan): readonly Pass[] {
  const services = new Set(shards.map(({ service }) => service))
  const lists = [
    ...(services.has('analytics') ? (['orders'] as const) : []),
    ...(services.has('payment') ? (['payments'] as const) : []),
    ...(services.has('views') || services.has('fraud') ? (['alerts'] as const) : []),
    ...(services.has('views') ? (['letters'] as const) : []),
  ]
  return (['log', 'store'] as const).flatMap((side) => lists.map((list) => ({ side, list })))
}

const pageMax = 100

export type PassResult = Readonly<{
  items: number
  differences: readonly Difference[]
  interleaved: number
  nextCursor: string | null
}>

/** One page of a pass. */
export async function comparePass(
  deps: PieceDeps,
  plan: CheckPlan,
  { side, list }: Pass,
  cursor: string | null,
): Promise<PassResult> {
  const walked = side === 'log' ? deps.scratch.store : deps.store
  const query = { limit: pageMax, ...(cursor === null ? {} : { cursor }) }
  if (list === 'letters') return compareLetters(deps, plan, side, await walked.searchDeadLetters(query))
  const { items, nextCursor } = await pageOf(walked, list, query)
  const ids = [...new Set(items)]
  const results = await Promise.all(ids.map((orderId) => compareOrder(deps, plan, { side, list }, orderId)))
  return {
    items: items.length,
    differences: results.flatMap(({ differences }) => differences),
    interleaved: results.filter(({ isInterleaved }) => isInterleaved).length,
    nextCursor,
  }
}

async function pageOf(
  store: OrderQueries,
  list: Exclude<Pass['list'], 'letters'>,
  query: Readonly<{ limit: number; cursor?: string }>,
): Promise<Page<OrderId>> {
  switch (list) {
    case 'orders': {
      // As they arrived: the one order that every store walks without a query service.
      const { items, nextCursor } = await store.searchOrders({ ...query, sort: 'newest' })
      return { items: items.map(({ orderId }) => orderId), nextCursor }
    }
    case 'payments': {
      const { items, nextCursor } = await store.searchPayments(query)
      return { items: items.map(({ orderId }) => orderId), nextCursor }
    }
    case 'alerts': {
      const { items, nextCursor } = await store.searchAlerts(query)
      return { items: items.map(({ alert }) => alert.orderId), nextCursor }
    }
    default:
      return list satisfies never
  }
}

type OrderResult = Readonly<{ differences: readonly Difference[]; isInterleaved: boolean }>
const asBefore: OrderResult = { differences: [], isInterleaved: false }

/** All that a check covers of one order id, unless an earlier pass came by it. */
async function compareOrder(deps: PieceDeps, plan: CheckPlan, pass: Pass, orderId: OrderId): Promise<OrderResult> {
  const replayed = await deps.scratch.store.findOrder(orderId)
  if (isDoneBefore(plan, pass, replayed)) return asBefore
  const found = await deps.store.findOrder(orderId)
  const keys = new Set([...replayed, ...found].map((story) => keyOf(story, deps)))
  const results = await Promise.all(
    [...keys].map((key) =>
      compareIdentity(deps, plan, orderId, [storyAt(replayed, key, deps), storyAt(found, key, deps)]),
    ),
  )
  return {
    differences: results.flatMap(({ differences }) => differences),
    isInterleaved: results.some(({ isInterleaved }) => isInterleaved),
  }
}

/** Every pass compares whole stories: an order that the replay knows by another list has been compared. */
function isDoneBefore(plan: CheckPlan, pass: Pass, replayed: readonly OrderStory[]): boolean {
  const before = passesOf(plan)
  const at = before.findIndex(({ side, list }) => side === pass.side && list === pass.list)
  const lists = before.slice(0, at).filter(({ side }) => side === 'log')
  return replayed.some((story) => lists.some(({ list }) => isIn(story, list)))
}

function isIn(story: OrderStory, list: Pass['list']): boolean {
  if (list === 'orders') return story.state !== undefined
  if (list === 'payments') return story.payment !== undefined
  return list === 'alerts' && story.alerts.length > 0
}

/** Ids that are used again are told apart by their time of creation; whoever has none is of any. */
function keyOf(story: OrderStory, { settings }: PieceDeps): number {
  if (settings.reuse === 'refuse') return 0
  const content = story.state?.content ?? story.payment?.ledger.content
  return content?.createdAtMs ?? story.alerts[0]?.alert.createdAtMs ?? 0
}

function storyAt(stories: readonly OrderStory[], key: number, deps: PieceDeps): OrderStory | undefined {
  return stories.find((story) => keyOf(story, deps) === key)
}

async function compareIdentity(
  { log }: PieceDeps,
  plan: CheckPlan,
  orderId: OrderId,
  [expected, found]: readonly [OrderStory | undefined, OrderStory | undefined],
): Promise<OrderResult> {
  if (!isReported(plan, [expected, found])) return asBefore
  const { differences, others } = compareStories(orderId, expected, found, comparedBy(plan))
  const unknown = await Promise.all(
    others.map(async (entry) => ((await isRecordOf(log, plan, entry, orderId)) ? [] : [entry])),
  )
  const wrong = unknown.flat().map(({ status, position: { partition, offset } }) => ({
    order_id: orderId,
    what: 'different' as const,
    where: 'order',
    expected: '',
    found: `${status} of ${partition}@${offset}, which is no such record`,
  }))
  return { differences: [...differences, ...wrong], isInterleaved: others.length > 0 }
}

function comparedBy({ shards, alertsBeforeMs, topicIds }: CheckPlan): Compared {
  const services = new Set(shards.map(({ service }) => service))
  return {
    orders: services.has('analytics'),
    payments: services.has('payment'),
    alerts: services.has('views') || services.has('fraud'),
    alertsBeforeMs,
    isReplayed: (service, position) => {
      // A position of a topic that nobody knows is the replay's to miss.
      if (!topicIds.includes(position.topicId)) return true
      return shards.some(
        (one) =>
          one.service === service &&
          one.shard.topicId === position.topicId &&
          one.shard.partition === position.partition &&
          position.offset < one.to,
      )
    },
  }
}

/** With a range: an order that has a record in it. */
function isReported({ shards, isWhole }: CheckPlan, stories: readonly (OrderStory | undefined)[]): boolean {
  if (isWhole) return true
  const positions = stories.flatMap((story) => [
    ...(story?.state?.entries ?? []).map(({ position }) => position),
    ...(story?.payment?.ledger.entries ?? []).map(({ position }) => position),
  ])
  if (positions.length === 0) return true
  return positions.some(({ topicId, partition, offset }) =>
    shards.some(
      ({ shard, from, to }) =>
        shard.topicId === topicId && shard.partition === partition && offset >= from && offset < to,
    ),
  )
}

/** Whether the log holds a record of that order with that status there. */
async function isRecordOf(
  log: Pick<Log, 'read'>,
  { shards }: CheckPlan,
  { position, status, operator }: Entry,
  orderId: OrderId,
): Promise<boolean> {
  const { partition, offset, topicId } = position
  const shard = shards.find((one) => one.shard.topicId === topicId)?.shard
  if (!shard) return false
  const { records } = await log.read({ topic: shard.topic, partition, offset, recordsMax: 1, bytesMax: 1 })
  const record = records.find((one) => samePosition(one, position))
  if (!record) return false
  try {
    const { order } = decodeOrder(record)
    // An operator's command has the order as it first came, and leaves its status as it is.
    return order.id === orderId && (operator !== undefined || order.status === status)
  } catch (error) {
    if (hasCode(error, 'RECORD_INVALID')) return false
    throw error
  }
}

async function compareLetters(
  { store, scratch }: PieceDeps,
  { shards }: CheckPlan,
  side: Pass['side'],
  { items, nextCursor }: Awaited<ReturnType<OrderQueries['searchDeadLetters']>>,
): Promise<PassResult> {
  const other = side === 'log' ? store : scratch.store
  const wrong = await Promise.all(
    items.map(async ({ id, orderId, group, letter }): Promise<readonly Difference[]> => {
      const isNewer = !shards.some(
        ({ shard, to }) => shard.topic === letter.topic && shard.partition === letter.partition && letter.offset < to,
      )
      if ((side === 'store' && isNewer) || (await other.findDeadLetter(id))) return []
      const text = `${group}: ${id}`
      const what = side === 'log' ? 'missing' : 'unexpected'
      const [expected, found] = side === 'log' ? [text, ''] : ['', text]
      return [{ order_id: orderId, what, where: 'dead letter', expected, found }]
    }),
  )
  return { items: items.length, differences: wrong.flat(), interleaved: 0, nextCursor }
}
