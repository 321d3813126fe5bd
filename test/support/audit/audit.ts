import type { Log, LogRecord } from '../../../src/ports/log.ts'
import type { PaymentLedger } from '../../../src/ports/payment-ledger.ts'
import type { OrderQueries, OrderStory } from '../../../src/ports/order-queries.ts'
import type { TotalsSnapshot } from '../../../src/ports/order-book.ts'
import { readTopic } from '../log-harness.ts'
import { headerOf } from '../order-json.ts'
import { auditDocument, auditSnapshot, auditTotals, belowOf, orderHistory } from './audit-orders.ts'
import {
  auditEvents,
  auditLetters,
  auditSnapshotIds,
  expectedAlerts,
  expectedOutcomes,
  refusedAt,
  refusedPlace,
  type Repeats,
} from './audit-outputs.ts'
import {
  auditCommands,
  auditGateway,
  auditLedger,
  expectedPayments,
  expectedTally,
  paymentHistory,
  type Charged,
  type Payment,
} from './audit-payments.ts'
import { auditEquations } from './audit-equations.ts'
import { auditRedrives } from './audit-redrives.ts'
import { orderGroups, orderIdsOf, readFacts, type Facts, type IdReuse, type OrderGroup } from './facts.ts'
import { rolesOf, type Role } from './roles.ts'
import { differences, everything, expectedTotals, flatTally, flatTotals } from './sums.ts'

export type AuditOptions = Readonly<{
  log: Log
  store: OrderQueries
  calls: readonly Charged[]
  policy: 'all' | 'billable'
  reuse: IdReuse
  /** One answer for all groups, or one for each. */
  repeats?: Repeats | ((group: string) => Repeats)
  /** Those that ran; the audit asks for nothing that others would have done. All of them when left out. */
  services?: readonly AuditedService[]
  /** What readers were given while faults went on. */
  totalsSeen?: readonly TotalsSnapshot[]
  paymentsSeen?: readonly Awaited<ReturnType<PaymentLedger['payments']>>[]
}>

export type AuditedService = 'fraud' | 'payment' | 'analytics' | 'views'

type Context = Omit<AuditOptions, 'repeats'> &
  Readonly<{
    facts: Facts
    stories: ReadonlyMap<string, OrderStory>
    repeatsOf: (group: string) => Repeats
    complain: (complaint: string) => void
  }>

const audits: Readonly<Record<AuditedService, (context: Context) => Promise<void>>> = {
  analytics: auditAnalytics,
  payment: auditPayments,
  fraud: auditFraud,
  views: auditViews,
}

/** Whose input each of them is judged by: views have the alerts of fraud. */
const groupOf: Readonly<Record<AuditedService, OrderGroup>> = {
  analytics: 'analytics-group',
  payment: 'payments-group',
  fraud: 'fraud-group',
  views: 'fraud-group',
}

/**
 * Counts everything again from topic `orders` and what was redriven, once all is quiet, and compares it with what the system made of it.
 *
 * @returns what is wrong, each with the invariant that it breaks; empty when all is well
 */
export async function audit(options: AuditOptions): Promise<readonly string[]> {
  const complaints: string[] = []
  const facts = await readFacts(options.log, options.reuse)
  const stories = await readStories(orderIdsOf(facts), options)
  const { repeats = 'none', services = ['analytics', 'payment', 'fraud', 'views'] } = options
  const repeatsOf = typeof repeats === 'string' ? () => repeats : repeats
  const complain = (complaint: string): void => void complaints.push(complaint)
  for (const service of services) {
    const ofService = { ...options, facts: facts[groupOf[service]], stories, repeatsOf, complain }
    await audits[service](ofService)
  }
  await auditEquations(options, facts, complain)
  await auditRedrives(options.log, complain)
  return complaints
}

async function readStories(
  orderIds: ReadonlySet<number>,
  { store, reuse }: AuditOptions,
): Promise<ReadonlyMap<string, OrderStory>> {
  const stories = new Map<string, OrderStory>()
  for (const orderId of orderIds) {
    for (const story of await store.findOrder(orderId)) {
      const createdAtMs = (story.state ?? story.payment?.ledger)?.content.createdAtMs
      stories.set(reuse === 'replace' ? `${orderId}@${createdAtMs}` : `${orderId}`, story)
    }
  }
  return stories
}

async function auditAnalytics(context: Context): Promise<void> {
  const { log, store, facts, stories, totalsSeen = [], repeatsOf, complain } = context
  const roles = rolesOf(facts, (identity) => orderHistory(stories.get(identity)), complain)
  for (const [identity, story] of stories) auditDocument(facts, identity, story, complain)
  const { totals } = await store.totals()
  const wrong = differences(flatTotals(totals), expectedTotals(facts, roles, everything))
  if (wrong) complain(`I2: the totals have ${wrong}`)
  for (const snapshot of totalsSeen) auditTotals(facts, roles, snapshot, complain)
  const snapshots = await readTopic(log, 'order-analytics')
  for (const { value } of snapshots) auditSnapshot(facts, roles, value, complain)
  auditSnapshotIds(facts, snapshots, repeatsOf('analytics-group'), complain)
  await auditStoredOrders(context)
  await auditDeadLetters(context, 'analytics-group', conflictsOf(facts, roles))
}

async function auditStoredOrders({ store, facts, complain }: Context): Promise<void> {
  let stored = 0
  for (let cursor: string | null | undefined; cursor !== null;) {
    const page = await store.searchOrders({ sort: 'order_id_asc', limit: 1_000, ...(cursor ? { cursor } : {}) })
    stored += page.items.length
    cursor = page.nextCursor
  }
  const expected = facts.byIdentity.size
  if (stored !== expected) complain(`I5: the store holds ${stored} orders, the log ${expected}`)
}

async function auditPayments(context: Context): Promise<void> {
  const { log, store, facts, stories, calls, policy, paymentsSeen = [], repeatsOf, complain } = context
  const repeats = repeatsOf('payments-group')
  const roles = rolesOf(facts, (identity) => paymentHistory(stories.get(identity)), complain)
  const outcomeByKey = new Map(calls.map(({ key, outcome }) => [key, outcome]))
  const payments = expectedPayments(facts, stories, policy, (key) => outcomeByKey.get(key) ?? 'PAID')
  auditCommands(facts, stories, complain)
  for (const identity of facts.byIdentity.keys()) auditLedger(payments, identity, stories.get(identity), complain)
  auditGateway(payments, calls, complain)
  const paid = expectedOutcomes(payments, (outcome) => outcome === 'PAID')
  const others = expectedOutcomes(payments, (outcome) => outcome !== 'PAID')
  auditEvents('payments', await readTopic(log, 'payments'), paid, repeats, complain)
  auditEvents('payment-outcomes', await readTopic(log, 'payment-outcomes'), others, repeats, complain)
  const final = await store.payments()
  for (const seen of [...paymentsSeen, final]) auditTally(context, roles, payments, seen)
  await auditDeadLetters(context, 'payments-group', conflictsOf(facts, roles))
}

function auditTally(
  { facts, complain }: Context,
  roles: ReadonlyMap<string, Role>,
  payments: ReadonlyMap<string, Payment>,
  { tally, asOf }: Awaited<ReturnType<PaymentLedger['payments']>>,
): void {
  // Whether a cancellation met a payment that was under way depends on the race with the gateway.
  const actual = flatTally({ ...tally, cancelledAfterPaid: 0 })
  const wrong = differences(actual, expectedTally(facts, roles, payments, belowOf(asOf)))
  if (wrong) complain(`I3: the payment tally has ${wrong}`)
}

async function auditFraud(context: Context): Promise<void> {
  const { log, facts, repeatsOf, complain } = context
  const alerts = expectedAlerts(facts)
  auditEvents('fraud-alerts', await readTopic(log, 'fraud-alerts'), alerts, repeatsOf('fraud-group'), complain)
  await auditDeadLetters(context, 'fraud-group', [])
}

async function auditViews({ log, store, facts, complain }: Context): Promise<void> {
  const expectedOrders = new Set(facts.orders.filter(({ flagged }) => flagged).map(({ identity }) => identity)).size
  const read = (kind: 'dlq' | 'retry') =>
    Promise.all(orderGroups.map((group) => readTopic(log, `orders.${group}.${kind}`)))
  const letters = (await read('dlq')).reduce((sum, records) => sum + new Set(records.map(refusedPlace)).size, 0)
  const redriven = new Set((await read('retry')).flat().flatMap((record) => headerOf(record, 'x-redrive-of') ?? []))
    .size
  const counts = await store.viewCounts()
  if (counts.alerts !== expectedOrders) complain(`I2: the views count ${counts.alerts} alerts, not ${expectedOrders}`)
  if (counts.deadLetters !== letters) complain(`I2: the views count ${counts.deadLetters} dead letters, not ${letters}`)
  if (counts.redriven !== redriven) complain(`I2: the views count ${counts.redriven} redriven, not ${redriven}`)
}

async function auditDeadLetters(
  { log, facts, repeatsOf, complain }: Context,
  group: string,
  conflicts: readonly LogRecord[],
): Promise<void> {
  const letters = await readTopic(log, `orders.${group}.dlq`)
  auditLetters(group, letters, refusedAt([...facts.poison, ...conflicts]), repeatsOf(group), complain)
}

function conflictsOf({ orders }: Facts, roles: ReadonlyMap<string, Role>): readonly LogRecord[] {
  return orders.filter(({ place }) => roles.get(place)?.kind === 'conflict').map(({ record }) => record)
}
