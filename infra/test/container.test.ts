import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { freePort } from '../../test/support/free-port.ts'
import { waitFor } from '../../test/support/wait-for.ts'
import { missingForDockerEngine, startDockerEngine, type DockerEngine } from './support/docker-engine.ts'
import { baseImage, buildImage, filesOf, image, inspectImage } from './support/image.ts'
import { textOf } from './support/repository.ts'

const ownBytesMax = 150_000_000
/** From nothing it fetches Debian, Node and all packages of npm. */
const buildLimitMs = 280_000
/** What stops a container waits this long before it kills. */
const drainSeconds = 25

/** As a cluster that trusts nobody runs it. */
const confined = [
  '--network=host',
  '--read-only',
  '--tmpfs=/tmp',
  '--cap-drop=ALL',
  '--security-opt=no-new-privileges',
  '--user=1000:1000',
]

describe('the image', { skip: missingForDockerEngine() }, () => {
  let engine: DockerEngine
  let files: readonly string[]

  before(
    async () => {
      engine = await startDockerEngine()
      await buildImage(engine)
      files = await filesOf(engine)
    },
    { timeout: buildLimitMs },
  )
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
    const first = await startLight(engine, 'first', { SLEEP_SECONDS: '0.02' })
    await isServing(engine, first)
    await waitFor('orders are counted', async () => (await orderCount(first)) >= 50)
    const counted = await orderCount(first)
    await stopsInTime(engine, first)

    // No order follows in this one's time: what it shows is what the first had counted.
    const second = await startLight(engine, 'second', { SLEEP_SECONDS: '3600' })
    await waitFor('the second one is ready', () => answers(second, '/readyz'))
    await waitFor('the orders of the first are counted', async () => (await orderCount(second)) >= counted)
    await stopsInTime(engine, second)
  })

  it('has clients that load: of a broker and a store that nobody runs it says that they do not answer', async () => {
    const environment = { KAFKA_BOOTSTRAP_SERVERS: `127.0.0.1:${await freePort()}`, COUCHBASE_HOST: '127.0.0.1' }
    const options = ['--name=doctor', '--volume=/data', ...variables(environment)]
    await engine.docker('run', '--detach', ...confined, ...options, image, 'doctor', '--json')
    await engine.docker('wait', 'doctor')
    const { checks } = JSON.parse(await engine.docker('logs', 'doctor')) as Diagnosis
    assert.match(detailOf(checks, 'broker'), /ECONNREFUSED/)
    assert.match(detailOf(checks, 'store'), /no node of the bucket can be reached/)
  })
})

type Diagnosis = Readonly<{ checks: readonly Readonly<{ name: string; detail: string }>[] }>

function detailOf(checks: Diagnosis['checks'], name: string): string {
  return checks.find((check) => check.name === name)?.detail ?? `${name} was not checked`
}

type Lock = Readonly<{
  packages: Readonly<Record<string, Readonly<{ dev?: true; dependencies?: Readonly<Record<string, string>> }>>>
}>

type Container = Readonly<{ name: string; url: string }>

async function startLight({ docker }: DockerEngine, name: string, settings: Settings): Promise<Container> {
  const port = String(await freePort())
  const environment = { ...settings, HOST: '127.0.0.1', PORT: port }
  // The image's own command, asked more often than once in 30 s.
  const options = [`--name=${name}`, '--volume=data:/data', '--health-interval=1s', ...variables(environment)]
  await docker('run', '--detach', ...confined, ...options, image, 'start', '--demo')
  return { name, url: `http://127.0.0.1:${port}` }
}

type Settings = Readonly<Record<string, string>>

function variables(settings: Settings): readonly string[] {
  return Object.entries(settings).map(([name, value]) => `--env=${name}=${value}`)
}

async function isServing({ docker }: DockerEngine, container: Container): Promise<void> {
  await waitFor('it is ready', () => answers(container, '/readyz'))
  assert.ok(await answers(container, '/healthz'))
  const page = await fetch(container.url)
  assert.match(await page.text(), /<script type="module"[^>]* src="\/assets\//)
  await waitFor('it is healthy', async () => {
    return (await docker('inspect', '--format', '{{.State.Health.Status}}', container.name)).trim() === 'healthy'
  })
}

async function answers({ url }: Container, path: string): Promise<boolean> {
  return fetch(url + path).then(
    ({ status }) => status === 200,
    () => false,
  )
}

async function orderCount({ url }: Container): Promise<number> {
  const response = await fetch(`${url}/api/v1/totals`)
  const { order_count: count } = (await response.json()) as Readonly<{ order_count: number }>
  return count
}

/** It drains and ends by itself, and has tried to write nowhere else than in /data and /tmp. */
async function stopsInTime({ docker }: DockerEngine, { name }: Container): Promise<void> {
  await docker('stop', `--time=${drainSeconds}`, name)
  const code = (await docker('inspect', '--format', '{{.State.ExitCode}}', name)).trim()
  const said = await docker('logs', name)
  assert.equal(code, '0', said)
  assert.doesNotMatch(said, /EROFS|EACCES|EPERM/)
}
