import type { TotalsSnapshot } from '../../../src/ports/order-book.ts'
import type { OrderStory } from '../../../src/ports/order-queries.ts'
import { textOf, valueOf } from '../log-harness.ts'
import { jsonOf } from '../order-json.ts'
import { placeOf } from './facts.ts'
import type { Facts } from './facts.ts'
import type { History, Role } from './roles.ts'
import { differences, expectedTotals, flatTotals, type Below } from './sums.ts'

type Complain = (complaint: string) => void

export function orderHistory(story: OrderStory | undefined): History | undefined {
  const state = story?.state
  if (!state) return undefined
  const { customerId, amountMinor, currency, country, createdAtMs } = state.content
  return {
    content: JSON.stringify([customerId, amountMinor, currency, country, createdAtMs]),
    places: state.entries.map(({ position }) => placeOf(position)),
  }
}

/** `asOf` as a question about records. */
export function belowOf(asOf: TotalsSnapshot['asOf']): Below {
  return ({ topic, partition, offset }) => offset < (asOf.get(topic)?.get(partition) ?? 0)
}

/** A reader's sum must be the fold of the log up to what it says that it is true for, whenever it was read. */
export function auditTotals(
  facts: Facts,
  roles: ReadonlyMap<string, Role>,
  { totals, asOf }: TotalsSnapshot,
  complain: Complain,
): void {
  const wrong = differences(flatTotals(totals), expectedTotals(facts, roles, belowOf(asOf)))
  if (wrong) complain(`I3: totals as of ${offsetsText(asOf)}: ${wrong}`)
}

function offsetsText(asOf: TotalsSnapshot['asOf']): string {
  return [...(asOf.get('orders') ?? [])].map(([partition, offset]) => `${partition}:${offset}`).join(' ')
}

/** The document is the text of the last record that changed the order, with three members added. */
export function auditDocument(facts: Facts, identity: string, story: OrderStory, complain: Complain): void {
  const last = facts.byPlace.get(orderHistory(story)?.places.at(-1) ?? '')
  if (!last) return
  const { record } = last
  const stamp =
    `,"processed_at":"${record.timestampMs}","kafka_offset":${record.offset},` +
    `"kafka_partition":${record.partition}}`
  const expected = valueOf(record).slice(0, -1) + stamp
  if (story.order?.document !== expected) {
    complain(`I1: the document of order ${identity} is ${story.order?.document}, not ${expected}`)
  }
  if (story.order?.status !== last.status) complain(`I6: order ${identity} is not in its last status`)
}

/** Each snapshot on the topic is the fold of its own `as_of`. */
export function auditSnapshot(
  facts: Facts,
  roles: ReadonlyMap<string, Role>,
  value: Uint8Array | null,
  complain: Complain,
): void {
  const text = textOf(value) ?? ''
  const { as_of: asOf } = jsonOf({ value }) as { as_of?: Record<string, Record<string, number>> }
  const below: Below = ({ topic, partition, offset }) => offset < (asOf?.[topic]?.[partition] ?? 0)
  const expected = expectedTotals(facts, roles, below)
  const count = /"order_count":(\d+)/.exec(text)?.[1]
  const sales = /"total_sales":(\d+)\.(\d\d),/.exec(text)
  const cents = `${sales?.[1] ?? ''}${sales?.[2] ?? ''}`
  const isRight = BigInt(count ?? -1) === (expected.get('all orders') ?? 0n)
  if (!isRight || BigInt(cents || -1) !== (expected.get('all USD') ?? 0n)) {
    complain(`I8: snapshot ${text} should say ${expected.get('all orders')} orders, ${expected.get('all USD')} cents`)
  }
}
