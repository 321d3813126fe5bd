import { topicSpecs } from '../../../src/compose/topics.ts'
import { readConfig } from '../../../src/config.ts'
import type { OrderIdReuse } from '../../../src/domain/order.ts'
import type { PaymentPolicy } from '../../../src/domain/payment.ts'
import { seededRandom } from '../../../src/domain/random.ts'
import type { Log } from '../../../src/ports/log.ts'
import type { ShardKey } from '../../../src/ports/shards.ts'
import type { AuditOptions } from '../../support/audit/audit.ts'
import type { ServiceName } from '../../support/pipeline-rig.ts'
import type { Crash } from '../crash-points.ts'
import { partitions } from '../messages.ts'
import { openOutside, type Outside } from '../outside.ts'
import { kafkaEnvironment } from './environment.ts'
import { judgeStore } from './judge-store.ts'
import { openTortureLog } from './open-log.ts'
import { startService, type ServiceProcess } from './service-process.ts'
import { openSqliteTorturedStore } from './sqlite-tortured-store.ts'
import type { OpenStore, TorturedStore } from './tortured-store.ts'

export type SiteOptions = Readonly<{
  /** Where the services find the brokers, perhaps through a proxy. */
  bootstrap: string
  /** Around it. */
  directBootstrap: string
  replicationFactor?: number
  directory: string
  /** SQLite's when left out. */
  openStore?: OpenStore
  seed: number
  policy: PaymentPolicy
  reuse: OrderIdReuse
  /** Name of a fault that is planted in every service's ports. */
  plant?: string | undefined
  /** Name of one in their sources. */
  plantedSource?: string | undefined
  complain: (complaint: string) => void
}>

/** One system of services: their brokers, their store, their gateway. */
export type Site = SiteOptions &
  Readonly<{
    outside: Outside
    /** A client around every proxy. */
    log: Log
    store: TorturedStore
    /** Claims a shard as one would who took its partition over. */
    overtake: (shard: ShardKey) => Promise<void>
    start: (service: ServiceName, crash?: Crash) => ServiceProcess
    /** All that were started and have not ended. */
    processes: () => readonly ServiceProcess[]
    /** What is wrong with what the services left, by what `judged` holds, as `judgedLog` reads it. */
    judge: (judged: Log, options?: Partial<AuditOptions>) => Promise<readonly string[]>
    /** Kills what runs. */
    close: () => Promise<void>
  }>

export async function openSite(options: SiteOptions): Promise<Site> {
  const { bootstrap, directBootstrap, directory, seed, policy, reuse, plant, plantedSource, complain } = options
  const { replicationFactor = 1, openStore = openSqliteTorturedStore } = options
  const outside = openOutside(seededRandom(seed + 1))
  const log = openTortureLog(directBootstrap, replicationFactor)
  const store = await openStore(directory)
  await log.createTopics(topicSpecs(readConfig(kafkaEnvironment({ bootstrap, store: store.environment, partitions }))))
  const processes = new Set<ServiceProcess>()
  const onClaim = openClaimCheck(complain)
  return {
    ...options,
    outside,
    log,
    store,
    async overtake(shard) {
      const { epoch } = await store.reader.claim(shard, 'rival')
      onClaim(shard, epoch)
    },
    start(service, crash) {
      // Fraud needs none.
      const ofStore = service === 'fraud' ? {} : store.environment
      const base = { service, bootstrap, store: ofStore, policy, reuse }
      const orders = { ...base, ...(crash ? { crash } : {}), ...(plant === undefined ? {} : { plant }) }
      const started = startService(orders, { outside, onClaim, plantedSource })
      processes.add(started)
      void started.exited.then(() => processes.delete(started))
      return started
    },
    processes: () => [...processes],
    judge: (judged, given = {}) => judgeStore(store, { log: judged, calls: outside.calls, policy, reuse, ...given }),
    async close() {
      const left = [...processes]
      for (const one of left) one.kill('SIGKILL')
      await Promise.all(left.map(({ exited }) => exited))
      await log.close()
      await store.close()
    },
  }
}

/** I7: whoever claims a shard gets an epoch that nobody had before. */
function openClaimCheck(complain: (complaint: string) => void): (shard: ShardKey, epoch: number) => void {
  const claimed = new Set<string>()
  return ({ group, topicId, partition }, epoch) => {
    const claim = `epoch ${epoch} of ${group}/${topicId}-${partition}`
    if (claimed.has(claim)) complain(`I7: ${claim} was claimed twice`)
    claimed.add(claim)
  }
}
