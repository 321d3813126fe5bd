import { spawn, spawnSync, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { globSync } from 'node:fs'
import { mkdtemp, open, readFile, rm, rmdir, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { basename, delimiter, join } from 'node:path'
import { runTool } from '../../../test/support/kafka/run-tool.ts'
import { waitFor } from '../../../test/support/wait-for.ts'
import { debianPackages, missingForDebianPackages } from './debian-packages.ts'

export type DockerEngine = Readonly<{
  /** What the client's command printed. */
  docker: (...args: readonly string[]) => Promise<string>
  /** What a container has written to its standard output and its standard error. */
  logsOf: (container: string) => Promise<string>
  /** Ends its containers too, and removes everything that it made. */
  stop: () => Promise<void>
}>

const logCharsMax = 2_000

const machines: Readonly<Record<string, string>> = { x64: 'x86_64', arm64: 'aarch64' }

const packages = ['docker.io', 'containerd', 'runc', 'tini', 'libdevmapper1.02.1', 'libseccomp2']

/** Its mounts and processes, containers' too, are in namespaces that end with it, and it ends with us, however we end. */
const ownNamespaces = ['--pdeathsig', 'KILL', 'unshare', '--mount', '--pid', '--fork', '--kill-child', '--mount-proc']

/** The machine's network as it is: no bridge, no rules for packets. Containers use the host's. */
const networkOptions = [
  '--bridge=none',
  '--iptables=false',
  '--ip6tables=false',
  '--ip-forward=false',
  '--ip-masq=false',
]

/** What this machine lacks for an engine; `undefined` when it has everything. */
export function missingForDockerEngine(): string | undefined {
  if (process.platform !== 'linux') return 'not here: containers need Linux'
  if (process.getuid?.() !== 0) return 'not here: starting a container engine needs root'
  if (spawnSync('unshare', ['--mount', '--pid', '--fork', 'true']).status !== 0) {
    return 'not here: starting a container engine needs a root that may make namespaces and mounts'
  }
  return missingForDebianPackages()
}

/** An engine of our own out of Debian's packages, beside any other that runs here. */
export async function startDockerEngine(): Promise<DockerEngine> {
  const programs = await debianPackages(packages)
  const directory = await mkdtemp(join(tmpdir(), 'ordermill-engine-'))
  await writeFile(configurationIn(directory), configuration(directory))
  const engine = await startDaemon(programs, directory)
  const client = ['--config', join(directory, 'client'), '--host', socketIn(directory)]
  const program = join(programs, 'usr/bin/docker')
  const docker = (...args: readonly string[]) => runTool(program, [...client, ...args])
  const logsOf = (name: string) => runTool('sh', ['-c', '"$0" "$@" 2>&1', program, ...client, 'logs', name])
  const stop = () => remove(engine, directory)
  try {
    await waitFor('the container engine answers', () => answers(engine, directory, docker))
  } catch (error) {
    await stop()
    throw error
  }
  return { docker, logsOf, stop }
}

async function startDaemon(programs: string, directory: string): Promise<ChildProcess> {
  const libraries = ['lib', 'usr/lib'].map((path) => join(programs, path, `${machines[process.arch]}-linux-gnu`))
  const env = {
    ...process.env,
    PATH: [join(programs, 'usr/sbin'), join(programs, 'usr/bin'), process.env['PATH']].join(delimiter),
    LD_LIBRARY_PATH: libraries.join(delimiter),
  }
  const options = [
    ['--config-file', configurationIn(directory)],
    ['--data-root', join(directory, 'data')],
    ['--exec-root', join(directory, 'exec')],
    ['--pidfile', join(directory, 'pid')],
    ['--host', socketIn(directory)],
    ['--cgroup-parent', `/${basename(directory)}`],
  ].flat()
  const log = await open(logIn(directory), 'w')
  try {
    const args = [...ownNamespaces, 'tini', '--', 'dockerd', ...options, ...networkOptions]
    return spawn('setpriv', args, { env, stdio: ['ignore', log.fd, log.fd] })
  } finally {
    await log.close()
  }
}

async function answers(engine: ChildProcess, directory: string, docker: DockerEngine['docker']): Promise<boolean> {
  if (engine.exitCode !== null) {
    const said = await readFile(logIn(directory), 'utf8')
    throw new Error(`the container engine ended by itself: ${said.slice(-logCharsMax)}`)
  }
  return docker('version').then(
    () => true,
    () => false,
  )
}

async function remove(engine: ChildProcess, directory: string): Promise<void> {
  if (engine.exitCode === null && engine.signalCode === null) {
    process.kill(await firstInside(engine.pid ?? 0), 'SIGKILL')
    await once(engine, 'exit')
  }
  await removeControlGroups(basename(directory))
  await rm(directory, { recursive: true, force: true })
}

/** The first process of a namespace ends when all others in it have: then nobody writes any more. */
async function firstInside(pid: number): Promise<number> {
  const children = await readFile(`/proc/${pid}/task/${pid}/children`, 'utf8')
  return Number.parseInt(children, 10) || pid
}

/** Empty once its processes have ended; one a controller with version 1, one for all with version 2. */
async function removeControlGroups(name: string): Promise<void> {
  const groups = globSync([`/sys/fs/cgroup/${name}/**/`, `/sys/fs/cgroup/*/${name}/**/`])
  for (const group of groups.toSorted((a, b) => b.length - a.length)) await rmdir(group)
}

function configuration(directory: string): string {
  // The client of these packages asks the engine which builder to use. A key that nobody needs would go to /etc/docker.
  return JSON.stringify({ features: { buildkit: true }, 'deprecated-key-path': join(directory, 'key.json') })
}

function configurationIn(directory: string): string {
  return join(directory, 'daemon.json')
}

function socketIn(directory: string): string {
  return `unix://${join(directory, 'socket')}`
}

function logIn(directory: string): string {
  return join(directory, 'log')
}
