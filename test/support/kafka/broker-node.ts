import { closeSync, existsSync, fstatSync, openSync, readSync } from 'node:fs'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { freePorts, untilPortsAreFree } from '../free-port.ts'
import { waitFor } from '../wait-for.ts'
import { brokersKnownAt } from './brokers-known-at.ts'
import { archivedClasses } from './class-archive.ts'
import { formatData, formatDataWithUsers } from './format.ts'
import { startGuardedJvm, type GuardedJvm } from './guarded-jvm.ts'
import { kafkaJars } from './jars.ts'
import { serverProperties, type NodePlan } from './server-properties.ts'

const logTailBytes = 4_096
const stopTimeoutMs = 15_000

/** Compiled quickly rather than well, as most live for seconds: 0.5 s sooner there, and less work for busy cores. */
const hasty = ['-Xmx512m', '-XX:TieredStopAtLevel=1', '-XX:+UseSerialGC']

/**
 * Options of a JVM with a short life: a broker, or a tool or client that shares most of a broker's classes. The jars must
 * come first on its class path, as they do on a broker's, or it starts without their archive.
 */
export async function quickJvm(): Promise<readonly string[]> {
  return [...hasty, ...(await archivedClasses(startAndStop))]
}

export type Broker = Readonly<{
  /** For `KAFKA_BOOTSTRAP_SERVERS` of clients that may talk to it directly. */
  bootstrap: string
  port: number
  /** Of the listener that tells clients to come to `advertisedPort`. */
  proxiedPort: number | undefined
  /** Of its present process. */
  readonly pid: number
  /** SIGKILL. Resolves when it is gone. */
  kill: () => Promise<void>
  /** SIGTERM: it hands over what it leads, and ends. Its data stays. */
  shutDown: () => Promise<void>
  /** SIGSTOP */
  pause: () => void
  /** SIGCONT */
  resume: () => void
  /** Up again on the same ports with the same data; shut down before, if it runs. */
  restart: () => Promise<void>
  /** Shut down for good; its data is removed. */
  stop: () => Promise<void>
  /** The end of what it printed: warnings and errors alone. */
  logTail: () => string
}>

export type NodeOptions = Readonly<{
  plan: Omit<NodePlan, 'dataDir'>
  jvm?: readonly string[] | undefined
  /** Becomes the node's, and goes with it. A new one when left out. */
  directory?: string
  scramUsers?: readonly string[] | undefined
}>

export function nodeDirectory(): Promise<string> {
  return mkdtemp(join(tmpdir(), 'ordermill-kafka-'))
}

/** Starts its process; resolves when it is ready, or rejects with what it printed. */
export async function startNode(options: NodeOptions): Promise<Broker> {
  const { plan, jvm = await quickJvm(), directory = await nodeDirectory(), scramUsers } = options
  const dataDir = join(directory, 'data')
  const propertiesFile = join(directory, 'server.properties')
  const logFile = join(directory, 'output.log')
  const [own, proxied] = plan.listeners
  const port = own?.port ?? 0
  let process: GuardedJvm | undefined

  async function format(): Promise<void> {
    await writeFile(propertiesFile, serverProperties({ ...plan, dataDir }))
    await (scramUsers ? formatDataWithUsers(propertiesFile, scramUsers) : formatData(dataDir, plan.id))
  }
  async function start(): Promise<void> {
    const command = [...jvm, ...logging, '-cp', join(await kafkaJars(), '*'), 'kafka.Kafka', propertiesFile]
    const started = await startGuardedJvm(directory, command)
    process = started
    const isReady = async (): Promise<boolean> => (await brokersKnownAt(port)).includes(plan.id)
    const ready = waitFor('the broker is ready', async () => started.hasExited() || (await isReady()))
    const isLate = await ready.then(
      () => false,
      () => true,
    )
    if (isLate || started.hasExited()) throw new Error(`it ${isLate ? 'is late' : 'ended'} at its start:\n${logTail()}`)
  }
  async function kill(): Promise<void> {
    process?.signal('SIGKILL')
    await process?.exited
  }
  async function shutDown(): Promise<void> {
    process?.signal('SIGCONT')
    process?.signal('SIGTERM')
    const impatience = setTimeout(() => process?.signal('SIGKILL'), stopTimeoutMs)
    await process?.exited
    clearTimeout(impatience)
  }
  async function stop(): Promise<void> {
    await shutDown()
    await rm(directory, { recursive: true, force: true })
  }
  function logTail(): string {
    return endOf(logFile)
  }

  try {
    await format()
    await start()
  } catch (error) {
    await stop()
    throw new Error(`no broker on port ${port}: ${String(error)}`, { cause: error })
  }
  return {
    bootstrap: `127.0.0.1:${port}`,
    port,
    proxiedPort: proxied?.port,
    get pid() {
      return process?.pid ?? 0
    },
    kill,
    shutDown,
    pause: () => process?.signal('SIGSTOP'),
    resume: () => process?.signal('SIGCONT'),
    async restart() {
      await shutDown()
      await untilPortsAreFree(start)
    },
    stop,
    logTail,
  }
}

/** Of a broker that nobody needs. */
async function startAndStop(jvm: readonly string[]): Promise<void> {
  const [controllerPort = 0, port = 0] = await freePorts(2)
  const listeners = [{ name: 'DIRECT', protocol: 'PLAINTEXT', port }] as const
  const plan = { id: 1, controllerPort, listeners, voters: [`1@127.0.0.1:${controllerPort}`], properties: {} }
  const node = await startNode({ plan, jvm: [...hasty, ...jvm] })
  await node.stop()
}

const logging = ['-Dorg.slf4j.simpleLogger.defaultLogLevel=warn', '-Dorg.slf4j.simpleLogger.showDateTime=true']

function endOf(file: string): string {
  if (!existsSync(file)) return ''
  const descriptor = openSync(file, 'r')
  try {
    const start = Math.max(0, fstatSync(descriptor).size - logTailBytes)
    const buffer = Buffer.alloc(logTailBytes)
    return buffer.toString('utf8', 0, readSync(descriptor, buffer, 0, logTailBytes, start))
  } finally {
    closeSync(descriptor)
  }
}
