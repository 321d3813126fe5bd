import { setTimeout } from 'node:timers/promises'
import type { OrderIdReuse } from '../../../src/domain/order.ts'
import type { PaymentPolicy } from '../../../src/domain/payment.ts'
import { seededRandom } from '../../../src/domain/random.ts'
import { pick } from '../../support/audit/input.ts'
import { startMockServer } from '../../support/couchbase/mock-server.ts'
import { startBroker, startCluster, type Broker } from '../../support/kafka/broker.ts'
import { groupByService, serviceNames } from '../../support/pipeline-rig.ts'
import { startProxy, type TcpProxy } from '../../support/tcp-proxy.ts'
import type { TortureOptions, TortureResult } from '../torture.ts'
import { startAppender, type Appender } from './appender.ts'
import { disturbBrokers, type Surroundings } from './broker-faults.ts'
import { openCouchbaseTorturedStore } from './couchbase-tortured-store.ts'
import { judgedLog } from './judge.ts'
import { disturbLog } from './log-faults.ts'
import { leftToDo } from './left-to-do.ts'
import { openTortureLog } from './open-log.ts'
import { checkResources, type Peaks } from './resources.ts'
import { disturbService } from './service-faults.ts'
import { openSite, type Site } from './site.ts'
import { openSqliteTorturedStore } from './sqlite-tortured-store.ts'
import type { Stage } from './stage.ts'
import { disturbStore } from './store-faults.ts'
import { watchStore } from './store-watch.ts'
import type { OpenStore } from './tortured-store.ts'

export type KafkaTortureOptions = Omit<TortureOptions, 'plant'> &
  Readonly<{
    /** With one, there is a network that fails as well; with three, one of them is gone at a time. */
    brokers: 1 | 3
    /** Of the services. Couchbase fails as well, as its network and by itself. */
    store?: 'sqlite' | 'couchbase'
    /** Nothing happens to the brokers. */
    brokersRest?: boolean
    plantedSource?: string
  }>

export type KafkaTortureResult = Omit<TortureResult, 'redrives'> & Readonly<{ peaks: Peaks; drainedMs: number }>

const drainLimitMs = 120_000
const pollMs = 100
/** Appended in peace: after the last fault orders must be taken again. */
const lastRecords = 300
const burstRecordsMax = 5_000
/** A short run would go on for as long as it takes to catch up. */
const burstRecordsPerMs = 0.1
const burstEveryMs = 60_000

/** Three brokers and all the services on two cores: a controller that is late must not be voted out each time. */
const patientQuorum = {
  'controller.quorum.election.timeout.ms': 3_000,
  'controller.quorum.fetch.timeout.ms': 6_000,
  'broker.session.timeout.ms': 6_000,
}

/** Everything stays in its memory, for as long as the run is. */
const mockJvm = ['-Xmx2g', '-XX:+UseSerialGC', '-XX:TieredStopAtLevel=1']

/** Lets the services of one system live through faults on a real Kafka, each of them in its own way, and audits what is there. */
export async function tortureOnKafka(options: KafkaTortureOptions): Promise<KafkaTortureResult> {
  const proxy = options.brokers === 1 ? await startProxy() : undefined
  const brokers = await startBrokers(options.brokers, proxy)
  const mock = options.store === 'couchbase' ? await startMockServer({ jvm: mockJvm }) : undefined
  const openStore = mock ? () => openCouchbaseTorturedStore(mock) : openSqliteTorturedStore
  try {
    return await tortureOn({ brokers, proxy }, openStore, options)
  } finally {
    proxy?.close()
    await Promise.all([...brokers, ...(mock ? [mock] : [])].map(({ stop }) => stop()))
  }
}

async function startBrokers(count: 1 | 3, proxy: TcpProxy | undefined): Promise<readonly Broker[]> {
  if (!proxy) return (await startCluster(count, { properties: patientQuorum })).brokers
  const broker = await startBroker({ advertisedPort: proxy.port })
  proxy.forwardTo(broker.proxiedPort ?? 0)
  return [broker]
}

async function tortureOn(
  { brokers, proxy }: Surroundings,
  openStore: OpenStore,
  { directory, seed, durationMs, plantedSource, brokersRest = false, tell = () => {} }: KafkaTortureOptions,
): Promise<KafkaTortureResult> {
  const random = seededRandom(seed)
  const policy: PaymentPolicy = pick(['all', 'billable'] as const, random)
  const reuse: OrderIdReuse = pick(['refuse', 'replace'] as const, random)
  const forgetful = pick(serviceNames, random)
  const complaints: string[] = []
  const complain = (complaint: string): void => {
    complaints.push(complaint)
    tell(`COMPLAINT ${complaint.slice(0, 500)}`)
  }
  const directBootstrap = brokers.map(({ bootstrap }) => bootstrap).join(',')
  const bootstrap = proxy ? `127.0.0.1:${proxy.port}` : directBootstrap
  const base = {
    bootstrap,
    directBootstrap,
    replicationFactor: brokers.length,
    directory,
    openStore,
    seed,
    policy,
    reuse,
  }
  const site = await openSite({ ...base, plantedSource, complain })
  const appendLog = openTortureLog(bootstrap)
  const watch = watchStore(site.store, complain)
  try {
    const appender = startAppender(appendLog, site.outside, { seed, reuse })
    const calm = new AbortController()
    const faults: Record<string, number> = {}
    const stageOf = openStages(site, calm.signal, faults, tell)
    const peaks: Peaks = { rssMiB: 0, handles: 0 }
    const watching = keepLooking(() => {
      checkResources(site.processes(), peaks, complain)
      return watch.look()
    })
    const disturbing = Promise.all([
      ...serviceNames.map((service, index) => {
        return disturbService(stageOf(seed * 7 + index), service, service === forgetful)
      }),
      ...(brokersRest ? [] : [disturbBrokers(stageOf(seed * 7 + 5), { brokers, proxy })]),
      disturbLog(stageOf(seed * 7 + 6)),
      disturbInput(appender, Math.min(burstRecordsMax, burstRecordsPerMs * durationMs), calm.signal),
      disturbStore(stageOf(seed * 7 + 7)),
    ])
    await Promise.race([setTimeout(durationMs), disturbing])
    tell('calm')
    calm.abort()
    await disturbing
    const drainedMs = await liveInPeace(site, appender, complain)
    tell(`drained after ${drainedMs} ms`)
    await watching.stop()
    const judged = await judgedLog(site.log, directBootstrap)
    const repeats = (group: string) => (group === groupByService[forgetful] ? 'by event id' : 'none')
    const seen = { totalsSeen: watch.totals(), paymentsSeen: watch.payments() }
    const wrong = [...(await appender.audit(judged)), ...(await site.judge(judged, { ...seen, repeats }))]
    return {
      complaints: [...complaints, ...wrong],
      faults,
      records: site.outside.acknowledged.size,
      calls: site.outside.calls.length,
      peaks,
      drainedMs,
    }
  } finally {
    await site.close()
    await appendLog.close()
  }
}

function openStages(
  site: Site,
  calm: AbortSignal,
  faults: Record<string, number>,
  tell: (what: string) => void,
): (seed: number) => Stage {
  const beganMs = performance.now()
  let disturbers = 0
  let disturbedMs = Number.NEGATIVE_INFINITY
  return (seed) => ({
    site,
    random: seededRandom(seed),
    calm,
    tell: (what) => tell(`${Math.round(performance.now() - beganMs)} ms, ${site.outside.acknowledged.size}: ${what}`),
    count: (fault) => void (faults[fault] = (faults[fault] ?? 0) + 1),
    disturb() {
      disturbers += 1
      return () => {
        disturbers -= 1
        disturbedMs = performance.now()
      }
    },
    isDisturbed: (withinMs) => disturbers > 0 || performance.now() - disturbedMs < withinMs,
  })
}

async function disturbInput(appender: Appender, burstRecords: number, calm: AbortSignal): Promise<void> {
  while (!calm.aborted) {
    await setTimeout(burstEveryMs / 4, undefined, { signal: calm }).catch(() => {})
    if (!calm.aborted) appender.burst(burstRecords)
    await setTimeout((burstEveryMs * 3) / 4, undefined, { signal: calm }).catch(() => {})
  }
}

function keepLooking(look: () => Promise<void>): Readonly<{ stop: () => Promise<void> }> {
  const stopping = new AbortController()
  const lookOn = async (): Promise<void> => {
    while (!stopping.signal.aborted) {
      await look()
      await setTimeout(pollMs)
    }
  }
  const looking = lookOn()
  looking.catch(() => {})
  return {
    stop() {
      stopping.abort()
      return looking
    },
  }
}

/** I9: one process a service, all brokers, no fault. Resolves with how long it took until nothing was left to do. */
async function liveInPeace(site: Site, appender: Appender, complain: (complaint: string) => void): Promise<number> {
  const beganMs = performance.now()
  const processes = serviceNames.map((service) => site.start(service))
  const finished = appender.finish(lastRecords)
  let left = 'it has not been looked'
  while (left !== '') {
    if (performance.now() - beganMs > drainLimitMs) {
      complain(`I9: ${drainLimitMs} ms after the last fault ${left}`)
      break
    }
    await setTimeout(pollMs)
    const hasFinished = await Promise.race([finished.then(() => true), setTimeout(pollMs, false)])
    left = hasFinished ? await leftToDo(site, serviceNames).catch(String) : 'the input is not appended'
  }
  const drainedMs = Math.round(performance.now() - beganMs)
  await Promise.all(processes.map(({ ready, exited }) => Promise.race([ready, exited])))
  for (const one of processes) one.kill('SIGTERM')
  for (const one of processes) {
    const { code, signal } = await one.exited
    if (code !== 0) complain(`I9: ${one.service} ended with ${code ?? signal} in peace: ${one.said()}`)
  }
  return drainedMs
}
