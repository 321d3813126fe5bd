import { hasCode } from '../errors.ts'
import { openClaims } from '../pipeline/claims.ts'
import type { Service } from '../pipeline/service.ts'
import type { Log, PartitionLag, TopicDescription } from '../ports/log.ts'
import type { OrderBook } from '../ports/order-book.ts'
import type { OrderQueries } from '../ports/order-queries.ts'
import type { PaymentLedger } from '../ports/payment-ledger.ts'
import type { ViewStore } from '../ports/view-store.ts'
import type { PipelineObserver } from '../telemetry/pipeline-observer.ts'
import { analyticsService } from '../services/analytics-service.ts'
import { paymentService } from '../services/payment-service.ts'
import { viewsService } from '../services/views-service.ts'
import { neverCharged, type ReplaySettings } from './replay.ts'

export type CatchUpDeps = Readonly<{
  log: Log
  store: Pick<OrderQueries, 'shards'> & OrderBook & PaymentLedger & ViewStore
  settings: ReplaySettings
}>

/** What is caught up with was told of when it was read first. */
const untold: PipelineObserver = { committing() {}, refused() {}, lost() {}, failed() {} }

/**
 * Brings the live read model up to what every group has committed, as its service does when it claims anew. After a switch a
 * service finds out that it was fenced with its next record only, and until then what came just before would be missing.
 */
export async function catchUpLive(deps: CatchUpDeps, signal: AbortSignal): Promise<void> {
  const { log, store, settings } = deps
  const { topic, reuse } = settings
  await catchUpGroup(deps, analyticsService({ ...settings, book: store }), signal)
  const payment = paymentService({ ...settings, log, ledger: store, charge: neverCharged, now: () => 0 })
  await catchUpGroup(deps, payment, signal)
  await catchUpGroup(deps, viewsService({ topic, views: store, reuse }), signal)
}

async function catchUpGroup<Value, Fact, Answer>(
  { log, store }: CatchUpDeps,
  service: Service<Value, Fact, Answer>,
  signal: AbortSignal,
): Promise<void> {
  const { group, effects } = service
  if (effects.kind !== 'store') return
  const [lags, topics, shards] = [await log.lag(group), await log.topics(), await store.shards()]
  const claims = openClaims({
    service,
    effects,
    log,
    owner: 'rebuild',
    observer: untold,
    nextBatchId: ({ epoch, next }) => `${epoch}/switched/${next}`,
  })
  for (const lag of lags) {
    const slice = sliceOf(lag, topics)
    const known = shards.find(
      ({ shard }) => shard.group === group && shard.topicId === slice?.topicId && shard.partition === lag.partition,
    )
    if (!slice || slice.from <= (known?.next ?? 0)) continue
    try {
      await claims.of(slice, signal)
    } catch (error) {
      // Its service has claimed it meanwhile, and catches up itself.
      if (!hasCode(error, 'FENCED')) throw error
    }
  }
}

/** As the log would cut it for a member that begins at the committed offset with nothing to read. */
function sliceOf({ topic, partition, committed }: PartitionLag, topics: readonly TopicDescription[]) {
  const known = topics.find(({ name }) => name === topic)
  const end = known?.partitions[partition]?.end
  if (!known || end === undefined || committed === null) return undefined
  return { topic, topicId: known.id, partition, assignment: '', from: committed, next: committed, end, records: [] }
}
