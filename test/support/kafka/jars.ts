import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { cached, isCached } from './cache.ts'
import { runTool } from './run-tool.ts'

const pomFile = fileURLToPath(new URL('./pom.xml', import.meta.url))
const pom = readFileSync(pomFile, 'utf8')
const version = /<kafka\.version>(.+)<\/kafka\.version>/.exec(pom)?.[1]
const javaVersionMin = 17

/** Names what is built from these jars as well: it changes with them. */
export const jarsName = `kafka-${version}-${shortHash(pom)}`

export function shortHash(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 12)
}

let jars: Promise<string> | undefined

/** The directory of the broker, its tools and Kafka Streams: `java -cp '<directory>/*'`. Maven fetches them once. */
export function kafkaJars(): Promise<string> {
  jars ??= cached(jarsName, fetchJars)
  return jars
}

async function fetchJars(directory: string): Promise<void> {
  const missing = missingForKafka()
  if (missing !== undefined) throw new Error(missing)
  const goal = ['dependency:copy-dependencies', `-DoutputDirectory=${directory}`, '-DincludeScope=runtime']
  // Maven writes `target` beside the pom of its working directory; this goal doesn't, and -f keeps the clone out of it.
  await runTool('mvn', ['-B', '-q', '-ntp', '-f', pomFile, ...goal])
}

let found: Readonly<{ missing: string | undefined }> | undefined

/** What this machine lacks for a broker of our own, and how to get it; `undefined` when it has everything. */
export function missingForKafka(): string | undefined {
  found ??= { missing: [missingJava(), missingOpenssl(), missingMaven()].filter(Boolean).join('; ') || undefined }
  return found.missing
}

function missingJava(): string | undefined {
  const printed = printedBy('javac', ['-version'])
  const major = Number(/javac (\d+)/.exec(printed ?? '')?.[1] ?? 0)
  if (major >= javaVersionMin) return undefined
  const what = printed === undefined ? 'is not installed' : `is too old (${printed.trim()})`
  return `a JDK ${javaVersionMin} or later ${what}: install it (Debian: openjdk-17-jdk-headless) or set ORDERMILL_TEST_KAFKA`
}

function missingOpenssl(): string | undefined {
  return printedBy('openssl', ['version']) === undefined ? 'openssl is not installed: install openssl' : undefined
}

function missingMaven(): string | undefined {
  if (isCached(jarsName)) return undefined
  return printedBy('mvn', ['-v']) === undefined
    ? `Maven is not installed, to fetch Kafka ${version} with: install it (Debian: maven)`
    : undefined
}

function printedBy(program: string, args: readonly string[]): string | undefined {
  const { status, stdout, stderr } = spawnSync(program, args, { encoding: 'utf8' })
  return status === 0 ? `${stdout}${stderr}` : undefined
}
