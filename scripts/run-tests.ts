/**
 * `npm test [-- <path>...]` runs every `*.test.ts` in test/, or those below the paths, each in a process of its own.
 * Those of infra/test/ run by their path alone: `npm run test:infra`.
 * The last line is `N passed, N failed`; the exit code is 1 when a test failed or none ran.
 */
import { globSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { relative, resolve } from 'node:path'
import { stdout } from 'node:process'
import { pipeline } from 'node:stream/promises'
import { run } from 'node:test'
import { spec } from 'node:test/reporters'
import { cachePath } from '../test/support/kafka/cache.ts'

type Outcome = 'passed' | 'failed' | 'skipped'

type TestEvent = Readonly<{
  name: string
  file?: string | undefined
  skip?: string | boolean | undefined
  todo?: string | boolean | undefined
  details: { type?: string | undefined; error?: Error }
}>

/**
 * In CI everything a test needs is installed, so a skipped test there is a promise that nobody checks: a failure.
 * Left out of that are skips that start with this prefix, for what the machine can't have by its nature, such as
 * another processor or a service that only its vendor runs.
 */
const allowedSkipPrefix = 'not here:'

/** Ends what hangs, and is no measure of speed: a test, a suite or a whole file needs less on two overloaded cores. */
const testLimitMs = 600_000

/** Where the long ones are: they come first, so that none of them is left to run alone at the end. */
const longFirst = [
  'test/torture/',
  'test/e2e/',
  'test/cli/',
  'test/adapters/couchbase/',
  'test/adapters/kafka/',
  'test/support-kafka/',
]

// Test files and the processes that they start load the same modules over and over: they are to compile them once.
process.env['NODE_COMPILE_CACHE'] ??= cachePath('node-compile')

const isCi = process.env['CI'] === 'true'
const files = filesBelow(process.argv.slice(2))
const totals: Record<Outcome, number> = { passed: 0, failed: 0, skipped: 0 }
const complaints: string[] = []

const events = run({
  files,
  // Many of them wait for other processes most of the time, so one more keeps the processors at work.
  concurrency: availableParallelism() + 1,
  timeout: testLimitMs,
  execArgv: ['--disable-warning=ExperimentalWarning', '--import', import.meta.resolve('./test-watchdog.ts')],
})
events.on('test:pass', (event) => count(event, 'passed'))
events.on('test:fail', (event) => count(event, 'failed'))
await pipeline(events, new spec(), stdout, { end: false })

for (const complaint of complaints) console.log(complaint)
if (files.length === 0) console.log('no test file matches')
const skipped = totals.skipped > 0 ? `, ${totals.skipped} skipped` : ''
console.log(`${totals.passed} passed, ${totals.failed} failed${skipped}`)
process.exitCode = totals.failed > 0 || totals.passed === 0 ? 1 : 0

function filesBelow(paths: readonly string[]): string[] {
  const all = globSync('{test,infra/test}/**/*.test.ts').toSorted((a, b) => rank(a) - rank(b) || (a < b ? -1 : 1))
  const prefixes = (paths.length > 0 ? paths : ['test']).map((path) => relative('.', resolve(path)))
  return all.filter((file) => prefixes.some((prefix) => file.startsWith(prefix)))
}

function rank(file: string): number {
  const index = longFirst.findIndex((directory) => file.startsWith(directory))
  return index < 0 ? longFirst.length : index
}

function count(event: TestEvent, reported: 'passed' | 'failed'): void {
  const outcome = outcomeOf(event, reported)
  if (outcome) totals[outcome] += 1
}

/** A suite is not a test: it counts when it was skipped as a whole, or when it failed by itself, as in a hook. */
function outcomeOf(event: TestEvent, reported: 'passed' | 'failed'): Outcome | undefined {
  if (isSet(event.skip) || isSet(event.todo)) return outcomeOfSkip(event)
  if (event.details.type === 'suite') {
    return reported === 'failed' && !isOfItsTests(event.details.error) ? 'failed' : undefined
  }
  // The runner reports a file under its own name when it crashed, and as passed when it declares no test.
  if (reported === 'passed' && event.file !== undefined && resolve(event.name) === event.file) {
    complaints.push(`${relative('.', event.file)} holds no test`)
    return 'failed'
  }
  return reported
}

function outcomeOfSkip({ name, file, skip }: TestEvent): Outcome {
  const isAllowed = typeof skip === 'string' && skip.startsWith(allowedSkipPrefix)
  if (!isCi || isAllowed) return 'skipped'
  complaints.push(`skipped in CI: ${name} (${relative('.', file ?? '')}): ${String(skip ?? 'todo')}`)
  return 'failed'
}

function isOfItsTests(error: Error | undefined): boolean {
  return error !== undefined && 'failureType' in error && error.failureType === 'subtestsFailed'
}

/** The reporter gives the reason, or `true`; an empty reason skips as well. */
function isSet(option: string | boolean | undefined): boolean {
  return option !== undefined && option !== false
}
