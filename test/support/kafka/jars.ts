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
const orGiven = 'set ORDERMILL_TEST_KAFKA'

/** Names what is built from these jars as well: it changes with them. */
export const jarsName = `kafka-${version}-${shortHash(pom)}`

export function shortHash(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 12)
}

let jars: Promise<string> | undefined

/** The directory of the broker, its tools and Kafka Streams: `java -cp '<directory>/*'`. Maven fetches them once. */
export function kafkaJars(): Promise<string> {
  jars ??= cached(jarsName, (directory) => fetchJars({ pomFile, directory, missing: missingForKafka() }))
  return jars
}

type JarsWanted = Readonly<{ pomFile: string; directory: string; missing: string | undefined }>

/** All that the pom depends on, or an error that says what is missing for them to be of use. */
export async function fetchJars({ pomFile, directory, missing }: JarsWanted): Promise<void> {
  if (missing !== undefined) throw new Error(missing)
  const goal = ['dependency:copy-dependencies', `-DoutputDirectory=${directory}`, '-DincludeScope=runtime']
  // Maven writes `target` beside the pom of its working directory; this goal doesn't, and -f keeps the clone out of it.
  await runTool('mvn', ['-B', '-q', '-ntp', '-f', pomFile, ...goal])
}

let found: Readonly<{ missing: string | undefined }> | undefined

/** What this machine lacks for a broker of our own, and how to get it; `undefined` when it has everything. */
export function missingForKafka(): string | undefined {
  found ??= {
    missing: allMissing([missingJava(orGiven), missingOpenssl(), missingMaven(jarsName, `Kafka ${version}`)]),
  }
  return found.missing
}

export function allMissing(each: readonly (string | undefined)[]): string | undefined {
  return each.filter(Boolean).join('; ') || undefined
}

/** @param orGiven what else would do */
export function missingJava(orGiven: string): string | undefined {
  const printed = printedBy('javac', ['-version'])
  const major = Number(/javac (\d+)/.exec(printed ?? '')?.[1] ?? 0)
  if (major >= javaVersionMin) return undefined
  const what = printed === undefined ? 'is not installed' : `is too old (${printed.trim()})`
  return `a JDK ${javaVersionMin} or later ${what}: install it (Debian: openjdk-17-jdk-headless) or ${orGiven}`
}

function missingOpenssl(): string | undefined {
  return printedBy('openssl', ['version']) === undefined ? 'openssl is not installed: install openssl' : undefined
}

export function missingMaven(jarsName: string, what: string): string | undefined {
  if (isCached(jarsName)) return undefined
  return printedBy('mvn', ['-v']) === undefined
    ? `Maven is not installed, to fetch ${what} with: install it (Debian: maven)`
    : undefined
}

function printedBy(program: string, args: readonly string[]): string | undefined {
  const { status, stdout, stderr } = spawnSync(program, args, { encoding: 'utf8' })
  return status === 0 ? `${stdout}${stderr}` : undefined
}
