import { after, before } from 'node:test'
import type { Log } from '../../../src/ports/log.ts'
import { startMockServer } from '../../support/couchbase/mock-server.ts'
import { startSqlService, type SqlService } from '../../support/couchbase/sql-service.ts'
import { couchbaseSuiteOptions, useMockServer } from '../../support/couchbase/suite.ts'
import { startWireProxy, type WireProxy } from '../../support/couchbase/wire-proxy.ts'
import { kafkaSuiteOptions, useOwnBroker } from '../../support/kafka/suite.ts'
import { startProxy } from '../../support/tcp-proxy.ts'
import { tempDir } from '../../support/temp.ts'
import { openTortureLog } from '../../torture/kafka/open-log.ts'
import { site, type Cleaning, type Environment, type Running, type Site } from '../kafka/ordermill.ts'

type ServiceName = 'fraud' | 'payment' | 'analytics' | 'views' | 'producer'

/** All services as processes of their own, on one broker and one bucket. */
export type Stack = Readonly<{
  here: Site
  api: Api
  /** One that finds a query service. */
  searchingApi: () => Promise<Api>
  /** Of the test's own. */
  log: Log
  /** The one between the services and the store. */
  proxy: WireProxy
  running: Map<ServiceName, Running>
  /** Ready when it resolves; in the place of the one of that name. */
  start: (name: ServiceName, more?: Environment) => Promise<Running>
  /** Another store, and empty, is where the store was. */
  loseStore: () => Promise<void>
}>

export type Api = Awaited<ReturnType<Site['server']>>

/** So that what is not answered is known after 2 s. */
const kvTimeoutMs = 2_000
const base = { ORDERMILL_PARTITIONS: '2', ORDERMILL_GATEWAY_LATENCY_MS: '1' }

export function stackSuiteOptions(): Readonly<{ skip: string | false }> {
  return { skip: kafkaSuiteOptions({ ownBroker: true }).skip || couchbaseSuiteOptions().skip }
}

/** One stack for all tests of a suite, which are chapters of one story. Ask inside a test. */
export function useStack(): () => Stack {
  const cleanUps: (() => unknown)[] = []
  const cleaning: Cleaning = { after: (cleanUp) => void cleanUps.push(cleanUp) }
  // Before those of the broker and the store.
  after(async () => {
    for (const cleanUp of cleanUps.toReversed()) await cleanUp()
  })
  const broker = useOwnBroker()
  const mock = useMockServer()
  let stack: Stack | undefined
  before(async () => {
    if (stackSuiteOptions().skip === false) stack = await startStack(cleaning, broker().bootstrap, mock())
  })
  return () => {
    if (!stack) throw new Error('there is no stack before the first test and after the last one')
    return stack
  }
}

async function startStack(
  cleaning: Cleaning,
  bootstrap: string,
  mock: Readonly<{ bucket: string; kvPort: number; kill: () => Promise<void> }>,
): Promise<Stack> {
  const dataDir = await tempDir(cleaning)
  // What is behind it can be exchanged without the SDK's knowing.
  const cable = await startProxy({ target: mock.kvPort })
  const bucket = { bucket: mock.bucket, kvPort: cable.port }
  const sql = await startSqlService()
  const [proxy, searchable] = await Promise.all([
    startWireProxy(bucket),
    startWireProxy(bucket, { query: { port: sql.port } }),
  ])
  const log = openTortureLog(bootstrap)
  cleaning.after(async () => {
    await log.close()
    for (const one of [proxy, searchable, cable]) one.close()
    await sql.stop()
  })
  const storeless = site(cleaning, { bootstrap, dataDir, env: { ...base, ORDERMILL_STORE: '' } })
  const here = site(cleaning, { bootstrap, dataDir, env: { ...base, ...onCouchbase(proxy) } })
  const running = new Map<ServiceName, Running>()
  const start = async (name: ServiceName, more?: Environment): Promise<Running> => {
    const started = await (name === 'fraud' ? storeless : here).service(name, more)
    running.set(name, started)
    return started
  }
  const api = await here.server(['run', 'api'])
  await Promise.all((['fraud', 'payment', 'analytics', 'views'] as const).map((name) => start(name)))
  return {
    here,
    api,
    log,
    proxy,
    running,
    start,
    searchingApi: () => openSearchingApi(here, { sql, proxy, searchable }),
    async loseStore() {
      await mock.kill()
      const empty = await startMockServer()
      cleaning.after(() => empty.stop())
      cable.forwardTo(empty.kvPort)
    },
  }
}

function openSearchingApi(
  here: Site,
  { sql, proxy, searchable }: Readonly<{ sql: SqlService; proxy: WireProxy; searchable: WireProxy }>,
): Promise<Api> {
  sql.search(proxy.documents)
  return here.server(['run', 'api'], { COUCHBASE_HOST: searchable.connectionString })
}

export function onCouchbase({ connectionString }: WireProxy): Environment {
  return {
    ORDERMILL_STORE: '',
    COUCHBASE_HOST: connectionString,
    ORDERMILL_COUCHBASE_COLLECTIONS: 'none',
    ORDERMILL_COUCHBASE_DURABILITY: 'none',
    ORDERMILL_COUCHBASE_KV_TIMEOUT_MS: `${kvTimeoutMs}`,
  }
}
