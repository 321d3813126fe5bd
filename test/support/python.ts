import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { cached, isCached } from './kafka/cache.ts'
import { shortHash } from './kafka/jars.ts'
import { runTool } from './kafka/run-tool.ts'

const requirementsFile = fileURLToPath(new URL('../../bench/peers/original/requirements.txt', import.meta.url))

/**
 * kafka-python 2.0.2 carries a `six` whose `six.moves` Python 3.12 and later can't import; a current one stands in for it
 * from the start of the interpreter on.
 */
const sixFix = "import sys, six; sys.modules['kafka.vendor.six.moves'] = six.moves\n"

type Python = Readonly<{ name: string; missing: string | undefined }>

let found: Python | undefined

/** What this machine lacks for programs in Python, and how to get it; `undefined` when it has everything. */
export function missingForPython(): string | undefined {
  return python().missing
}

let interpreter: Promise<string> | undefined

/** An interpreter that has kafka-python 2.0.2, the original's client. pip fetches it once. */
export function pythonWithKafka(): Promise<string> {
  interpreter ??= environment().then((directory) => join(directory, 'bin', 'python'))
  return interpreter
}

async function environment(): Promise<string> {
  const { name, missing } = python()
  if (missing !== undefined) throw new Error(missing)
  return cached(name, async (directory) => {
    await runTool('python3', ['-m', 'venv', directory])
    // What pip installs as commands would name this directory; the interpreter itself may be moved.
    const own = join(directory, 'bin', 'python')
    await runTool(own, ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', '-r', requirementsFile])
    const packages = await runTool(own, ['-c', "import sysconfig; print(sysconfig.get_path('purelib'))"])
    await writeFile(join(packages.trim(), 'kafka_vendored_six.pth'), sixFix)
    await runTool(own, ['-c', 'import kafka'])
  })
}

function python(): Python {
  found ??= findPython()
  return found
}

/** The environment belongs to one interpreter: another one, as after an upgrade, gets its own. */
function findPython(): Python {
  const version = printedBy(['-c', 'import sys; print(sys.version, sys.executable)'])
  if (version === undefined) return { name: '', missing: 'python3 is not installed: install it (Debian: python3-venv)' }
  const name = `kafka-python-${shortHash(version + readFileSync(requirementsFile, 'utf8') + sixFix)}`
  if (isCached(name) || printedBy(['-c', 'import venv, ensurepip']) !== undefined) return { name, missing: undefined }
  return { name, missing: "python3 can't make virtual environments: install its venv module (Debian: python3-venv)" }
}

function printedBy(args: readonly string[]): string | undefined {
  const { status, stdout } = spawnSync('python3', args, { encoding: 'utf8' })
  return status === 0 ? stdout : undefined
}
