import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { cached, isCached } from './kafka/cache.ts'
import { shortHash } from './kafka/jars.ts'
import { runTool } from './kafka/run-tool.ts'

type EnvironmentOptions = Readonly<{
  /** How it is called in the cache. */
  name: string
  requirementsFile: string
  /** What `finish` depends on, if it does on anything. */
  version?: string
  /** What is to be done once pip has installed everything. */
  finish: (python: string) => Promise<void>
}>

export type PythonEnvironment = Readonly<{
  /** What this machine lacks, and how to get it; `undefined` when it has everything. */
  missing: () => string | undefined
  /** The interpreter that has the packages. pip fetches them once. */
  interpreter: () => Promise<string>
}>

type Found = Readonly<{ directoryName: string; missing: string | undefined }>

/**
 * A virtual environment in the cache.
 *
 * It is filled under another name than it gets, and what pip installs as commands in Python names the former: such
 * tools are run as `python -m`. The interpreter itself may be moved, and so may programs that aren't in Python.
 */
export function pythonEnvironment(options: EnvironmentOptions): PythonEnvironment {
  let found: Found | undefined
  let interpreter: Promise<string> | undefined
  const find = (): Found => (found ??= findPython(options))
  return {
    missing: () => find().missing,
    interpreter: () => (interpreter ??= filled(find(), options)),
  }
}

async function filled({ directoryName, missing }: Found, options: EnvironmentOptions): Promise<string> {
  if (missing !== undefined) throw new Error(missing)
  const install = ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', '-r', options.requirementsFile]
  const environment = await cached(directoryName, async (directory) => {
    await runTool('python3', ['-m', 'venv', directory])
    const python = interpreterOf(directory)
    await runTool(python, install)
    await options.finish(python)
  })
  return interpreterOf(environment)
}

function interpreterOf(directory: string): string {
  return join(directory, 'bin', 'python')
}

/** The environment belongs to one interpreter: another one, as after an upgrade, gets its own. */
function findPython({ name, requirementsFile, version = '' }: EnvironmentOptions): Found {
  const system = printedBy(['-c', 'import sys; print(sys.version, sys.executable)'])
  const missing = 'python3 is not installed: install it (Debian: python3-venv)'
  if (system === undefined) return { directoryName: '', missing }
  const directoryName = `${name}-${shortHash(system + readFileSync(requirementsFile, 'utf8') + version)}`
  const isReady = isCached(directoryName) || printedBy(['-c', 'import venv, ensurepip']) !== undefined
  if (isReady) return { directoryName, missing: undefined }
  return {
    directoryName,
    missing: "python3 can't make virtual environments: install its venv module (Debian: python3-venv)",
  }
}

function printedBy(args: readonly string[]): string | undefined {
  const { status, stdout } = spawnSync('python3', args, { encoding: 'utf8' })
  return status === 0 ? stdout : undefined
}
