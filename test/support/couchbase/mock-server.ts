import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { freePort, untilPortsAreFree } from '../free-port.ts'
import { startGuardedJvm, type GuardedJvm } from '../kafka/guarded-jvm.ts'
import { waitFor } from '../wait-for.ts'
import { mockJar } from './mock-jar.ts'
import { noDelay } from './no-delay.ts'

export { missingForCouchbase } from './mock-jar.ts'

/** Compiled quickly rather than well, as most live for seconds. */
const quickJvm = ['-Xmx512m', '-XX:TieredStopAtLevel=1', '-XX:+UseSerialGC']
const vbucketCount = 64
const askTimeoutMs = 5_000

export type MockBucket = Readonly<{
  bucket: string
  /** Each bucket has one of its own. */
  kvPort: number
  connectionString: string
}>

/**
 * CouchbaseMock: the real wire protocol and compare-and-swap, one node, everything in memory. It has no collections but
 * the default one, no durability levels and no query service: its stub of one, and `cluster.buckets().getBucket()`,
 * abort the process of the SDK. It takes any password.
 */
export type MockServer = MockBucket &
  Readonly<{
    /** The first is the one that the server itself stands for. */
    buckets: readonly MockBucket[]
    pid: number
    /** SIGSTOP: its threads stop one by one, so what is asked at once may still be answered. */
    pause: () => void
    /** SIGCONT */
    resume: () => void
    /** SIGKILL: all documents are lost. Resolves when it is gone. */
    kill: () => Promise<void>
    /** Killed, and its files removed. */
    stop: () => Promise<void>
  }>

export type MockServerOptions = Readonly<{
  /** Names; `order_analytics` alone when left out. */
  buckets?: readonly string[]
  /** Options of the JVM instead of ours, which make for a quick start: `['-Xmx2g']` for a benchmark. */
  jvm?: readonly string[]
}>

export function startMockServer(options: MockServerOptions = {}): Promise<MockServer> {
  return untilPortsAreFree(() => startOnce(options))
}

async function startOnce({ buckets: names = ['order_analytics'], jvm = quickJvm }: MockServerOptions) {
  const directory = await mkdtemp(join(tmpdir(), 'ordermill-couchbase-'))
  let mock: GuardedJvm | undefined
  const kill = async (): Promise<void> => {
    mock?.signal('SIGKILL')
    await mock?.exited
  }
  const stop = async (): Promise<void> => {
    await kill()
    await rm(directory, { recursive: true, force: true })
  }

  try {
    const restPort = await freePort()
    mock = await startGuardedJvm(
      directory,
      [...jvm, '-jar', await mockJar(), ...mockArgs(names, restPort)],
      await noDelay(),
    )
    const { pid, signal } = mock
    const buckets = await bucketsWhenReady(mock, names, restPort)
    const [first] = buckets
    if (!first) throw new Error('a server needs a bucket')
    return { ...first, buckets, pid, pause: () => signal('SIGSTOP'), resume: () => signal('SIGCONT'), kill, stop }
  } catch (error) {
    const said = await readFile(join(directory, 'output.log'), 'utf8').catch(() => '')
    await stop()
    throw new Error(`no mock of Couchbase: ${String(error)}\n${said}`, { cause: error })
  }
}

function mockArgs(buckets: readonly string[], restPort: number): readonly string[] {
  const ofOneNode = ['-c', '-n', '1', '-R', '0', '-v', `${vbucketCount}`, '-h', '127.0.0.1']
  return [...ofOneNode, '-b', buckets.map((name) => `${name}:`).join(','), '-p', `${restPort}`]
}

async function bucketsWhenReady(mock: GuardedJvm, names: readonly string[], restPort: number): Promise<MockBucket[]> {
  let known: readonly MockBucket[] = []
  await waitFor('all buckets are there', async () => {
    if (mock.hasExited()) throw new Error('it ended at its start')
    known = await bucketsAt(restPort)
    return names.every((name) => known.some(({ bucket }) => bucket === name))
  })
  return names.flatMap((name) => known.filter(({ bucket }) => bucket === name))
}

type BucketInfo = Readonly<{
  name: string
  nodesExt: readonly Readonly<{ services: Readonly<{ kv?: number }> }>[]
}>

/** All of them by one question: a busy machine answers a hundred questions too slowly. */
async function bucketsAt(restPort: number): Promise<readonly MockBucket[]> {
  try {
    const response = await fetch(`http://127.0.0.1:${restPort}/pools/default/buckets`, {
      // A kept connection would outlive the test that asked.
      headers: { connection: 'close' },
      signal: AbortSignal.timeout(askTimeoutMs),
    })
    const infos = (await response.json()) as readonly BucketInfo[]
    return infos.flatMap(({ name: bucket, nodesExt }) => {
      const kvPort = nodesExt[0]?.services.kv
      return kvPort === undefined ? [] : [{ bucket, kvPort, connectionString: `couchbase://127.0.0.1:${kvPort}` }]
    })
  } catch {
    return []
  }
}
