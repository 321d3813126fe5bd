import { setTimeout } from 'node:timers/promises'
import { alertsTopic } from '../codec/alert-codec.ts'
import { orderGroups, viewsGroup } from '../codec/groups.ts'
import type { CheckSpec } from '../codec/operation-codec.ts'
import { storePaymentTally, type StoredPaymentTally } from '../domain/payment-tally.ts'
import { storeTotals, type StoredTotals } from '../domain/totals.ts'
import { OrdermillError } from '../errors.ts'
import { lagAt, lagsOf, type GroupLags } from '../ports/lag.ts'
import type { Log, TopicDescription } from '../ports/log.ts'
import type { OrderQueries, ShardSummary } from '../ports/order-queries.ts'
import type { ShardKey } from '../ports/shards.ts'
import { orderInput } from '../services/order-input.ts'
import { viewsTopics } from '../services/views-service.ts'
import { paymentOutputs, type ReplayedServices } from './replay.ts'

/** What one check does: JSON, kept where it is carried out. */
export type CheckPlan = Readonly<{
  shards: readonly PlannedShard[]
  /** Outputs of payment, read before it is replayed. */
  outputs: readonly PlannedEnd[]
  /** What the views must have read before alerts are looked for in them. */
  viewsUntil: readonly PlannedEnd[]
  /** Log time in ms: an alert of the store from then on may be one that was not replayed. */
  alertsBeforeMs: number
  /** Nothing but what the store had applied limits it, so that its sums can be compared too. */
  isWhole: boolean
  /** Whether the series is compared: it is of all that analytics has read, and of no part of that. */
  comparesSeries: boolean
  /** Whether what groups counted as refused is compared with the letters in the log, which the views read. */
  comparesLetters: boolean
  /** Topics that there were, also those of which nothing had been applied. */
  topicIds: readonly string[]
}>

export type PlannedEnd = Readonly<{ topic: string; partition: number; end: number }>

export type PlannedShard = Readonly<{
  service: keyof ReplayedServices
  shard: ShardKey
  /** Replayed is what is below `to`; reported are orders with a record in [from, to). */
  from: number
  to: number
  /** What the store had counted up to `to`. */
  totals?: StoredTotals
  tally?: StoredPaymentTally
}>

export type PlanDeps = Readonly<{
  log: Pick<Log, 'topics' | 'lag' | 'offsetAt' | 'read'>
  store: Pick<OrderQueries, 'shards'>
  topic: string
}>

/** Only payment's effects are replayed from its outputs: those must be there. */
const paidByOutputs = [orderGroups.payment]

/**
 * What the store has applied, the input before what came again by a retry topic: that was refused from the input before.
 *
 * @param committing groups of which no more is replayed than they have committed
 * @throws {OrdermillError} BEGINNING_GONE when the log does not hold any more what the store was made of
 */
export async function planCheck(
  deps: PlanDeps,
  spec: CheckSpec,
  committing: readonly string[] = paidByOutputs,
): Promise<CheckPlan> {
  const { log } = deps
  // Before the log, so that it holds all that they have applied.
  const { summaries, isBetween } = spec.service === 'fraud' ? nobody : await appliedShards(deps, committing)
  const topics = await log.topics()
  // Dead letters of other systems are kept as long as those like; they are listed, and nothing is counted of them.
  const ours = new Set(viewsTopics(deps.topic))
  const known = summaries
    .filter(({ shard }) => shard.group !== viewsGroup || ours.has(shard.topic))
    .flatMap((summary) => plannedShard(summary, spec))
    .toSorted((a, b) => Number(a.shard.topic !== deps.topic) - Number(b.shard.topic !== deps.topic))
  const all = spec.service === 'fraud' ? await fraudShards(deps, topics) : known
  refuseGone(all, topics)
  const isLimited = limitsOf(spec)
  const shards = isLimited ? await Promise.all(all.map((one) => limited(deps, one, spec))) : all
  const pays = shards.some(({ service }) => service === 'payment')
  const outputs = pays ? endsOf(topics, paymentOutputs) : []
  if (pays) refuseGoneOutputs(topics)
  const alerts = spec.service === 'fraud' ? endsOf(topics, [alertsTopic]) : viewsEnds(shards)
  return {
    shards,
    outputs,
    viewsUntil: spec.service === 'fraud' ? alerts : [],
    alertsBeforeMs: isLimited ? 0 : await borderOf(log, alerts),
    isWhole: !isLimited && !isBetween,
    comparesLetters: !isLimited && !isBetween && spec.service === undefined,
    comparesSeries: !isLimited && (spec.service ?? 'analytics') === 'analytics',
    topicIds: topics.map(({ id }) => id),
  }
}

/**
 * To be asked when all is replayed: retention goes on meanwhile, and what it removed was passed over.
 *
 * @throws {OrdermillError} BEGINNING_GONE
 */
export async function refuseGoneSince(
  log: Pick<Log, 'topics'>,
  { shards, outputs }: Pick<CheckPlan, 'shards' | 'outputs'>,
): Promise<void> {
  const topics = await log.topics()
  refuseGone(shards, topics)
  if (outputs.length > 0) refuseGoneOutputs(topics)
}

type Applied = Readonly<{
  summaries: readonly ShardSummary[]
  /** A batch is applied and not committed, as one of payments whose outcomes are not in the log: the store is ahead of that. */
  isBetween: boolean
}>

const nobody: Applied = { summaries: [], isBetween: false }
/** That takes a batch milliseconds, unless its process is gone: then it stays so until another one takes it up. */
const looksMax = 40
const lookEveryMs = 50

/** What the store has applied of what the log has the outcomes of. */
async function appliedShards({ log, store }: PlanDeps, committing: readonly string[]): Promise<Applied> {
  for (let look = 1; ; look += 1) {
    const shards = (await store.shards()).filter(({ next }) => next > 0)
    const lags = await lagsOf(log, committing)
    const summaries = shards.map((summary) => upToCommitted(summary, lags))
    const isBetween = summaries.some(({ next }, index) => next < (shards[index]?.next ?? 0))
    if (!isBetween || look === looksMax) return { summaries, isBetween }
    await setTimeout(lookEveryMs)
  }
}

/** A seek moves the committed offset back: what is below `from` was committed all the same. */
function upToCommitted(summary: ShardSummary, lags: GroupLags): ShardSummary {
  const lag = lagAt(lags.get(summary.shard.group), summary.shard)
  if (!lag) return summary
  return { ...summary, next: Math.min(summary.next, Math.max(lag.committed ?? 0, summary.from)) }
}

const serviceOf: ReadonlyMap<string, 'analytics' | 'payment' | 'views'> = new Map([
  [orderGroups.analytics, 'analytics'],
  [orderGroups.payment, 'payment'],
  [viewsGroup, 'views'],
])

/** The views project everything, and have no order of their own: a part of it is not for them. */
function plannedShard({ shard, next, totals, tally }: ShardSummary, spec: CheckSpec): readonly PlannedShard[] {
  const service = serviceOf.get(shard.group)
  const isWanted = spec.service === undefined ? service !== 'views' || !limitsOf(spec) : spec.service === service
  if (!service || !isWanted) return []
  const counted = {
    ...(totals ? { totals: storeTotals(totals) } : {}),
    ...(tally ? { tally: storePaymentTally(tally) } : {}),
  }
  return [{ service, shard, from: 0, to: next, ...counted }]
}

async function fraudShards(
  { log, topic }: PlanDeps,
  topics: readonly TopicDescription[],
): Promise<readonly PlannedShard[]> {
  const group = orderGroups.fraud
  const lags = await log.lag(group)
  return topics
    .filter(({ name }) => orderInput(topic, group).topics.includes(name))
    .flatMap(({ name, id, partitions }) =>
      partitions.map(({ partition }) => {
        const committed = lags.find((lag) => lag.topic === name && lag.partition === partition)?.committed ?? 0
        const shard = { group, topic: name, topicId: id, partition }
        return { service: 'fraud', shard, from: 0, to: committed } as const
      }),
    )
    .filter(({ to }) => to > 0)
}

function limitsOf({ from_offset, to_offset, from_ms, to_ms }: CheckSpec): boolean {
  return [from_offset, to_offset, from_ms, to_ms].some((limit) => limit !== undefined)
}

/** Offsets are those of the input: what came again by a retry topic has others. */
async function limited({ log, topic }: PlanDeps, planned: PlannedShard, spec: CheckSpec): Promise<PlannedShard> {
  const { shard, to } = planned
  const at = (ms: number | undefined): Promise<number | undefined> =>
    ms === undefined ? Promise.resolve(ms) : log.offsetAt(shard.topic, shard.partition, ms)
  const isInput = shard.topic === topic
  const froms = [isInput ? spec.from_offset : undefined, await at(spec.from_ms)]
  const tos = [isInput ? spec.to_offset : undefined, await at(spec.to_ms)]
  return {
    ...planned,
    from: Math.max(...froms.map((limit) => limit ?? 0)),
    to: Math.min(to, ...tos.map((limit) => limit ?? to)),
  }
}

function endsOf(topics: readonly TopicDescription[], names: readonly string[]): readonly PlannedEnd[] {
  return topics
    .filter(({ name }) => names.includes(name))
    .flatMap(({ name, partitions }) => partitions.map(({ partition, end }) => ({ topic: name, partition, end })))
}

function refuseGone(shards: readonly PlannedShard[], topics: readonly TopicDescription[]): void {
  for (const { shard } of shards) {
    const topic = topics.find(({ id }) => id === shard.topicId)
    if (!topic) throw madeAgain(shard)
    const begin = topic.partitions[shard.partition]?.begin ?? 0
    if (begin > 0) throw beginningGone(shard.topic, shard.partition, begin)
  }
}

function refuseGoneOutputs(topics: readonly TopicDescription[]): void {
  for (const { name, partitions } of topics) {
    const gone = paymentOutputs.includes(name) ? partitions.find(({ begin }) => begin > 0) : undefined
    if (gone) throw beginningGone(name, gone.partition, gone.begin)
  }
}

function beginningGone(topic: string, partition: number, begin: number): OrdermillError {
  return new OrdermillError(
    'BEGINNING_GONE',
    `${topic}-${partition} begins at offset ${begin}: what was below it has been removed by retention, so that what was made ` +
      'of it can’t be made again; ORDERMILL_ORDERS_RETENTION_HOURS=0 and Kafka’s retention.ms=-1 keep everything',
  )
}

function madeAgain({ group, topic, partition }: ShardKey): OrdermillError {
  return new OrdermillError(
    'BEGINNING_GONE',
    `${topic} was deleted or made again: what ${group} counted from its former partition ${partition} can’t be made again`,
  )
}

function viewsEnds(shards: readonly PlannedShard[]): readonly PlannedEnd[] {
  return shards
    .filter(({ service, shard }) => service === 'views' && shard.topic === alertsTopic)
    .map(({ shard: { topic, partition }, to }) => ({ topic, partition, end: to }))
}

/** Markers of a transaction may be the last offsets of a partition. */
const markersMax = 5

/** Log time grows within a partition: what comes behind these ends is no older than the oldest of their last records. */
async function borderOf(log: PlanDeps['log'], ends: readonly PlannedEnd[]): Promise<number> {
  const lasts = await Promise.all(ends.filter(({ end }) => end > 0).map((one) => lastTimeOf(log, one)))
  return lasts.length === 0 ? 0 : Math.min(...lasts)
}

async function lastTimeOf(log: PlanDeps['log'], { topic, partition, end }: PlannedEnd): Promise<number> {
  const offset = Math.max(end - markersMax, 0)
  const { records } = await log.read({ topic, partition, offset, recordsMax: markersMax, bytesMax: 1024 * 1024 })
  return records.findLast((record) => record.offset < end)?.timestampMs ?? 0
}
