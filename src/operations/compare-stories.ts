import type { Difference } from '../codec/operation-codec.ts'
import type { OrderId } from '../domain/order.ts'
import type { OrderContent } from '../domain/order-state.ts'
import type { LedgerEntry } from '../domain/payment.ts'
import { samePosition, type Position } from '../domain/position.ts'
import type { OrderStory, StoredAlert } from '../ports/order-queries.ts'

export type Entry = Readonly<{ position: Position; status: string; operator?: LedgerEntry['operator'] }>
type What = Difference['what']

/** What a comparison is about. */
export type Compared = Readonly<{
  orders: boolean
  payments: boolean
  alerts: boolean
  /** Whether what the service has stored of this position was replayed too: services are not equally far. */
  isReplayed: (service: 'analytics' | 'payment', position: Position) => boolean
  /** An alert of the store from then on may not have been replayed. */
  alertsBeforeMs: number
}>

/** Records of one order on several partitions may have been applied in another order: `others` are to be looked up. */
export type Comparison = Readonly<{ differences: readonly Difference[]; others: readonly Entry[] }>

/** One order as the log says (`expected`) and as the store says. */
export function compareStories(
  orderId: OrderId,
  expected: OrderStory | undefined,
  found: OrderStory | undefined,
  compared: Compared,
): Comparison {
  const differ = (what: What, where: string, texts: readonly [string, string] = ['', '']): Difference => ({
    order_id: orderId,
    what,
    where,
    expected: clipped(texts[0]),
    found: clipped(texts[1]),
  })
  const orders = compared.orders ? compareStates(expected, found, compared, differ) : nothing
  const payments = compared.payments ? comparePayments(expected, found, compared, differ) : nothing
  const alerts = compared.alerts ? compareAlerts(expected?.alerts ?? [], found?.alerts ?? [], compared, differ) : []
  const contents = compared.orders && compared.payments ? compareContents(found, differ) : []
  return {
    differences: [...orders.differences, ...payments.differences, ...alerts, ...contents],
    others: [...orders.others, ...payments.others],
  }
}

type Differ = (what: What, where: string, texts?: readonly [expected: string, found: string]) => Difference
const nothing: Comparison = { differences: [], others: [] }

function compareStates(
  expected: OrderStory | undefined,
  found: OrderStory | undefined,
  { isReplayed }: Compared,
  differ: Differ,
): Comparison {
  const [state, live] = [expected?.state, found?.state]
  const entries = (live?.entries ?? []).filter(({ position }) => isReplayed('analytics', position))
  if (!state) return entries.length > 0 ? one(differ('unexpected', 'order', ['', entriesText(entries)])) : nothing
  if (!live) return one(differ('missing', 'order', [entriesText(state.entries), '']))
  if (contentText(state.content) !== contentText(live.content)) {
    return one(differ('different', 'order', [contentText(state.content), contentText(live.content)]))
  }
  if (!sameEntries(state.entries, entries)) {
    const isOtherOrder = areIn(state.entries, live.entries) && areIn(entries, state.entries)
    if (isOtherOrder) return { differences: [], others: live.entries }
    return one(differ('different', 'order', [entriesText(state.entries), entriesText(entries)]))
  }
  const [text, liveText] = [expected?.order?.document ?? '', found?.order?.document ?? '']
  // A later record has written it anew.
  if (entries.length < live.entries.length || text === liveText) return nothing
  const what = liveText === '' ? 'missing' : 'different'
  return one(differ(what, 'document', [text, liveText]))
}

function comparePayments(
  expected: OrderStory | undefined,
  found: OrderStory | undefined,
  { isReplayed }: Compared,
  differ: Differ,
): Comparison {
  const [ledger, live] = [expected?.payment?.ledger, found?.payment?.ledger]
  const entries = (live?.entries ?? []).filter(({ position }) => isReplayed('payment', position))
  if (!ledger) {
    return entries.length > 0 ? one(differ('unexpected', 'payment', ['', live?.payment.status ?? ''])) : nothing
  }
  if (!live) return one(differ('missing', 'payment', [ledger.payment.status, '']))
  if (contentText(ledger.content) !== contentText(live.content)) {
    return one(differ('different', 'payment', [contentText(ledger.content), contentText(live.content)]))
  }
  const isAsReplayed = entries.length === live.entries.length
  if (isAsReplayed && ledger.payment.status !== live.payment.status) {
    return one(differ('different', 'payment', [ledger.payment.status, live.payment.status]))
  }
  return { differences: [], others: sameEntries(ledger.entries, entries) ? [] : live.entries }
}

function compareAlerts(
  expected: readonly StoredAlert[],
  found: readonly StoredAlert[],
  { alertsBeforeMs }: Compared,
  differ: Differ,
): readonly Difference[] {
  const missing = expected.flatMap((alert) => {
    const live = found.find((other) => other.alert.reason === alert.alert.reason)
    if (!live) return [differ('missing', 'alert', [alertText(alert), ''])]
    return alertText(live) === alertText(alert)
      ? []
      : [differ('different', 'alert', [alertText(alert), alertText(live)])]
  })
  const unexpected = found.filter(
    ({ alert, timestampMs }) =>
      timestampMs < alertsBeforeMs && !expected.some((other) => other.alert.reason === alert.reason),
  )
  return [...missing, ...unexpected.map((alert) => differ('unexpected', 'alert', ['', alertText(alert)]))]
}

/** The same order with other content on two partitions may be counted from one and paid from the other. */
function compareContents(found: OrderStory | undefined, differ: Differ): readonly Difference[] {
  if (!found?.state || !found.payment) return []
  const [counted, paid] = [contentText(found.state.content), contentText(found.payment.ledger.content)]
  return counted === paid ? [] : [differ('different', 'order and payment', [counted, paid])]
}

function one(difference: Difference): Comparison {
  return { differences: [difference], others: [] }
}

function sameEntries(a: readonly Entry[], b: readonly Entry[]): boolean {
  return a.length === b.length && a.every((entry, index) => isSame(entry, b[index]))
}

function isSame(a: Entry, b: Entry | undefined): boolean {
  return b !== undefined && a.status === b.status && samePosition(a.position, b.position)
}

/** Whether each status of `some` is one of `others`. */
function areIn(some: readonly Entry[], others: readonly Entry[]): boolean {
  return some.every(({ status }) => others.some((other) => other.status === status))
}

function entriesText(entries: readonly Entry[]): string {
  return entries.map(({ status, position: { partition, offset } }) => `${status} of ${partition}@${offset}`).join(', ')
}

function contentText({ customerId, amountMinor, currency, country, createdAtMs }: OrderContent): string {
  return `${amountMinor} ${currency} minor units, ${country}, customer ${customerId}, created at ${createdAtMs}`
}

function alertText({ alert: { reason, amount, country } }: StoredAlert): string {
  return `${reason}: ${amount.minor} ${amount.currency} minor units, ${country}`
}

const textCharsMax = 300

function clipped(text: string): string {
  return text.length > textCharsMax ? `${text.slice(0, textCharsMax - 1)}…` : text
}
