import { orderGroups } from '../codec/groups.ts'
import type { OrderId } from '../domain/order.ts'
import { samePosition } from '../domain/position.ts'
import { OrdermillError } from '../errors.ts'
import type { OrderQueries, OrderStory } from '../ports/order-queries.ts'
import { scanRecordsMax, type ReadableLog } from './find-record.ts'
import { assembleJourney, type Journey } from './journey.ts'
import { positionOf, type JourneyFacts, type OrderRecord } from './journey-facts.ts'
import { hasRead, isCurrent, pendingOf, readProgress, type Progress } from './journey-groups.ts'
import { findAlerts, findCounted, findPayments } from './journey-outputs.ts'
import { readKnown, readNewest, type OrderRecords } from './journey-records.ts'

export type JourneyDeps = Readonly<{
  log: ReadableLog
  store: Pick<OrderQueries, 'findOrder'>
  /** Where orders come in. */
  topic: string
}>

/**
 * Reads what happened to one order: what the store keeps of it, and from the log the records that it came by and those that
 * the groups wrote. Every read is bounded; what was not found within its bound is left out, and the journey says so.
 *
 * @throws {OrdermillError} NOT_FOUND for an order that neither the store nor the end of the input topic has
 */
export function journeyReader(deps: JourneyDeps): (orderId: OrderId) => Promise<Journey> {
  const { log, store, topic } = deps
  return async (orderId) => {
    const progress = await readProgress(log)
    const stories = (await store.findOrder(orderId)).toSorted((a, b) => firstSeenMs(b) - firstSeenMs(a))
    const story = stories[0] ?? untold
    const known = stories[0]
      ? await readKnown(log, topic, progress, story)
      : { records: await readNewest(log, topic, progress, orderId), isWhole: true }
    if (!stories[0] && known.records.length === 0) throw notFound(orderId, topic)
    const found = await findOutputs(deps, { orderId, progress, story, known })
    const identities = Math.max(stories.length, 1)
    return assembleJourney({ ...found, orderId, identities, story, pending: pendingOf(progress, known.records) })
  }
}

const untold: OrderStory = { order: undefined, state: undefined, payment: undefined, alerts: [], deadLetters: [] }

function firstSeenMs({ order, payment }: OrderStory): number {
  return order?.timestampMs ?? payment?.timestampMs ?? 0
}

function notFound(orderId: OrderId, topic: string): OrdermillError {
  const where = `among the newest ${scanRecordsMax} records of its partition of ${topic}`
  const why = 'no group has handled it, so that it is known by no id, or it never came'
  return new OrdermillError('NOT_FOUND', `order ${orderId} is neither in the store nor ${where}: ${why}`)
}

type Known = Readonly<{ orderId: OrderId; progress: Progress; story: OrderStory; known: OrderRecords }>

async function findOutputs(
  { log }: JourneyDeps,
  { orderId, progress, story, known: { records, isWhole } }: Known,
): Promise<Pick<JourneyFacts, 'records' | 'alerts' | 'cleared' | 'payments' | 'counted' | 'truncated'>> {
  const search = { log, progress, orderId }
  const ledger = story.payment?.ledger
  const counted = records.filter((record) => isEntry(story, record) && isCurrent(progress, record))
  const [alerts, payments, snapshots] = await Promise.all([
    findAlerts(search, story.alerts),
    ledger ? findPayments(search, ledger) : { outputs: new Map(), isWhole: true },
    findCounted(search, counted),
  ])
  return {
    records,
    alerts: alerts.outputs,
    cleared: alerts.outputs.length === 0 && alerts.isWhole ? clearedBy(progress, story, records) : [],
    payments: payments.outputs,
    counted: snapshots,
    truncated: !(isWhole && alerts.isWhole && payments.isWhole),
  }
}

function isEntry({ state }: OrderStory, record: OrderRecord): boolean {
  return state?.entries.some(({ position }) => samePosition(position, positionOf(record))) ?? false
}

/** The rules look at what no record of an order can change: the first that fraud has read and did not refuse tells it. */
function clearedBy(
  progress: Progress,
  { deadLetters }: OrderStory,
  records: readonly OrderRecord[],
): readonly OrderRecord[] {
  const group = orderGroups.fraud
  const first = records.find(
    (record) =>
      (record.retriedFor === null || record.retriedFor === group) &&
      isCurrent(progress, record) &&
      hasRead(progress, group, record) &&
      !deadLetters.some((letter) => letter.group === group && isOf(letter, record)),
  )
  return first ? [first] : []
}

function isOf(letter: Readonly<{ topic: string; partition: number; offset: number }>, { place }: OrderRecord): boolean {
  return letter.topic === place.topic && letter.partition === place.partition && letter.offset === place.offset
}
