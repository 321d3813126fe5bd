import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { freePort } from '../../test/support/free-port.ts'
import { waitFor } from '../../test/support/wait-for.ts'
import { startWireProxy, type WireProxy } from '../../test/support/couchbase/wire-proxy.ts'
import { useMockServer } from '../../test/support/couchbase/suite.ts'
import { useBroker } from '../../test/support/kafka/suite.ts'
import { onCouchbase, stackSuiteOptions } from '../../test/e2e/couchbase/stack.ts'
import { serviceNames } from '../../src/compose/engine.ts'
import { outputOf, startContainer } from './support/container.ts'
import { missingForDockerEngine, startDockerEngine, type DockerEngine } from './support/docker-engine.ts'
import { baseImage, buildImage, filesOf, image, inspectImage } from './support/image.ts'
import { textOf } from './support/repository.ts'

const ownBytesMax = 150_000_000

describe('the image', { skip: missingForDockerEngine() }, () => {
  let engine: DockerEngine
  let files: readonly string[]

  before(async () => {
    engine = await startDockerEngine()
    await buildImage(engine)
    files = await filesOf(engine)
  })
  after(() => engine.stop())

  it('adds no more than 150 MB to its base', async (t) => {
    const [whole, base] = [await inspectImage(engine, image), await inspectImage(engine, baseImage)]
    const ownBytes = whole.Size - base.Size
    t.diagnostic(`${Math.round(ownBytes / 1e6)} MB`)
    assert.ok(ownBytes <= ownBytesMax, `${ownBytes} bytes`)
  })

  it('holds what runs, and nothing that only makes or tests it', () => {
    const own = files.filter((path) => !path.startsWith('node_modules/'))
    const kinds = new Set(own.map((path) => path.replace(/^(src|dashboard\/dist)\/.*/, '$1')))
    const expected = ['LICENSE', 'dashboard/dist', 'infra/docker/healthcheck.ts', 'package.json', 'src']
    assert.deepEqual([...kinds].toSorted(), expected)
    assert.ok(own.includes('src/main.ts'))
    assert.ok(own.includes('dashboard/dist/index.html'))
    assert.deepEqual(
      own.filter((path) => path.includes('.test.')),
      [],
    )
  })

  it('holds the packages of production alone', () => {
    const { packages } = JSON.parse(textOf('package-lock.json')) as Lock
    const isThere = (path: string) => files.includes(`${path}/package.json`)
    const { dependencies = {} } = packages[''] ?? {}
    const needed = Object.keys(dependencies).map((name) => `node_modules/${name}`)
    assert.deepEqual(needed.filter(isThere), needed)
    const forDevelopment = Object.keys(packages).filter((path) => packages[path]?.dev === true)
    assert.deepEqual(forDevelopment.filter(isThere), [])
    assert.ok(!isThere(`node_modules/node-linux-${process.arch}`), 'the base has Node')
  })

  it('holds the addon of its own platform alone, without its sources', () => {
    const addons = files.filter((path) => path.endsWith('.node'))
    assert.ok(addons.some((path) => path.includes('/@couchbase/')))
    const foreign = addons.filter((path) => !path.includes(`-linux-${process.arch}`) || path.includes('musl'))
    assert.deepEqual(foreign, [])
    const sources = files.filter((path) => /\.(c|cc|cpp|cxx|h|hpp|hxx)$/.test(path))
    assert.deepEqual(sources, [])
  })

  it('runs as nobody in particular, ends on SIGTERM, and asks after its health without a tool of its own', async () => {
    const { Config: settings } = await inspectImage(engine, image)
    assert.match(settings.User, /^[1-9]\d*:[1-9]\d*$/)
    assert.equal(settings.StopSignal, 'SIGTERM')
    assert.deepEqual(settings.Healthcheck?.Test, ['CMD', 'node', 'infra/docker/healthcheck.ts'])
  })

  it('serves, counts and goes on after a stop where it was, with a read-only root and no rights', async () => {
    await engine.docker('volume', 'create', 'data')
    const light = { command: ['start', '--demo'], data: 'data' }
    const first = await startContainer(engine, { ...light, name: 'first', settings: { SLEEP_SECONDS: '0.02' } })
    await first.untilReady()
    assert.equal((await fetch(`${first.url}/healthz`)).status, 200)
    assert.match(await (await fetch(first.url)).text(), /<script type="module"[^>]* src="\/assets\//)
    await waitFor('its own check finds it healthy', first.isHealthy)
    await waitFor('orders are counted', async () => (await first.orderCount()) >= 50)
    const counted = await first.orderCount()
    await first.stop()

    // No order follows in this one's time: what it shows is what the first had counted.
    const second = await startContainer(engine, { ...light, name: 'second', settings: { SLEEP_SECONDS: '3600' } })
    await second.untilReady()
    await waitFor('it knows the orders of the first', async () => (await second.orderCount()) >= counted)
    await second.stop()
  })

  it('has clients that load: of a broker and a store that nobody runs it says that they do not answer', async () => {
    const settings = { KAFKA_BOOTSTRAP_SERVERS: `127.0.0.1:${await freePort()}`, COUCHBASE_HOST: '127.0.0.1' }
    // Without a place to write to, which such a process does not need.
    const diagnosis = await outputOf(engine, { name: 'doctor', command: ['doctor', '--json'], settings })
    const { checks } = JSON.parse(diagnosis) as Diagnosis
    const details = new Map(checks.map(({ name, detail }) => [name, detail]))
    assert.match(details.get('broker') ?? '', /ECONNREFUSED/)
    assert.match(details.get('store') ?? '', /no node of the bucket can be reached/)
  })

  describe('as every program, on Kafka and Couchbase', stackSuiteOptions(), () => {
    const broker = useBroker()
    const mock = useMockServer()
    let store: WireProxy

    before(async () => {
      store = await startWireProxy(mock())
    })
    after(() => store.close())

    it('counts orders in containers of their own that may write nothing, and drains each', async () => {
      const settings = {
        KAFKA_BOOTSTRAP_SERVERS: broker.bootstrap(),
        ...onCouchbase(store),
        SLEEP_SECONDS: '0.05',
      }
      await outputOf(engine, { name: 'topics', command: ['topics', 'create'], settings })
      const start = (program: string) => startContainer(engine, { name: program, command: ['run', program], settings })
      const [api, ...services] = await Promise.all(['api', ...serviceNames].map(start))
      assert.ok(api)
      await waitFor('orders are counted', async () => (await api.orderCount().catch(() => 0)) >= 20)
      for (const container of [api, ...services]) {
        await container.untilReady()
        await waitFor('its own check finds it healthy', container.isHealthy)
      }
      await Promise.all([api, ...services].map(({ stop }) => stop()))
    })
  })
})

type Diagnosis = Readonly<{ checks: readonly Readonly<{ name: string; detail: string }>[] }>

type Lock = Readonly<{
  packages: Readonly<Record<string, Readonly<{ dev?: true; dependencies?: Readonly<Record<string, string>> }>>>
}>
