import assert from 'node:assert/strict'
import { freePort } from '../../../test/support/free-port.ts'
import { waitFor } from '../../../test/support/wait-for.ts'
import type { DockerEngine } from './docker-engine.ts'
import { image } from './image.ts'

export type Settings = Readonly<Record<string, string>>

export type Container = Readonly<{
  url: string
  untilReady: () => Promise<void>
  /** Its own check of its health says so. */
  isHealthy: () => Promise<boolean>
  orderCount: () => Promise<number>
  /** It drains in time and ends by itself, and has tried to write nowhere that it may not. */
  stop: () => Promise<void>
}>

export type ContainerOptions = Readonly<{
  name: string
  command: readonly string[]
  settings?: Settings
  data?: string
}>

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

/** A container in the background that listens on a port of its own. */
export async function startContainer(
  { docker, logsOf }: DockerEngine,
  { name, command, settings = {}, data }: ContainerOptions,
): Promise<Container> {
  const port = String(await freePort())
  const listening = { HOST: '127.0.0.1', PORT: port, ORDERMILL_HEALTH_PORT: port }
  const variables = Object.entries({ ...listening, ...settings }).map(([key, value]) => `--env=${key}=${value}`)
  const volume = data === undefined ? [] : [`--volume=${data}:/data`]
  // The image's own check, made more often than once in 30 s.
  const options = [`--name=${name}`, '--health-interval=1s', ...volume, ...variables]
  await docker('run', '--detach', ...confined, ...options, image, ...command)
  const url = `http://127.0.0.1:${port}`
  const stateOf = async (field: string) => (await docker('inspect', '--format', `{{.State.${field}}}`, name)).trim()
  return {
    url,
    async untilReady() {
      try {
        await waitFor(`${name} is ready`, () => isAnswered(`${url}/readyz`))
      } catch (error) {
        throw new Error(`${String(error)}. It said: ${await logsOf(name)}`, { cause: error })
      }
    },
    isHealthy: async () => (await stateOf('Health.Status')) === 'healthy',
    orderCount: () => orderCountAt(url),
    async stop() {
      await docker('stop', `--time=${drainSeconds}`, name)
      const said = await logsOf(name)
      assert.equal(await stateOf('ExitCode'), '0', `${name} ended with an error: ${said}`)
      assert.doesNotMatch(said, /EROFS|EACCES|EPERM/)
    },
  }
}

/** What a command that ends by itself has printed, whatever its exit code. */
export async function outputOf(engine: DockerEngine, options: ContainerOptions): Promise<string> {
  await startContainer(engine, options)
  await engine.docker('wait', options.name)
  return engine.docker('logs', options.name)
}

async function isAnswered(url: string): Promise<boolean> {
  return fetch(url).then(
    ({ status }) => status === 200,
    () => false,
  )
}

async function orderCountAt(url: string): Promise<number> {
  const response = await fetch(`${url}/api/v1/totals`)
  const { order_count: count } = (await response.json()) as Readonly<{ order_count: number }>
  return count
}
