import { text } from 'node:stream/consumers'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { kafkaSuiteOptions } from '../../support/kafka/suite.ts'
import { missingForPython, pythonWithKafka } from '../../support/python.ts'
import type { Environment } from './ordermill.ts'

const peers = fileURLToPath(new URL('../../../bench/peers/original', import.meta.url))
const own = fileURLToPath(new URL('./original', import.meta.url))

/** For `describe`: as `kafkaSuiteOptions`, where programs in Python are needed too. */
export function interopSuiteOptions(): Readonly<{ skip: string | false }> {
  const { skip } = kafkaSuiteOptions({ ownBroker: true })
  if (process.env['CI'] === 'true') return { skip: false }
  return { skip: skip || missingForPython() || false }
}

export type PythonResult = Readonly<{ code: number | null; stdout: string; stderr: string }>

/** A program with kafka-python 2.0.2: one of the original's, or one of ours that connects as they do. */
async function runPython(file: string, args: readonly string[], env: Environment, input = ''): Promise<PythonResult> {
  const path = { PATH: process.env['PATH'], PYTHONPATH: peers, PYTHONDONTWRITEBYTECODE: '1' }
  const child = spawn(await pythonWithKafka(), [file, ...args], { env: { ...path, ...env } })
  const closed = once(child, 'close')
  child.stdin.end(input)
  const [stdout, stderr] = await Promise.all([text(child.stdout), text(child.stderr), closed])
  return { code: child.exitCode, stdout, stderr }
}

async function runWell(...args: Parameters<typeof runPython>): Promise<string> {
  const { code, stdout, stderr } = await runPython(...args)
  if (code !== 0) throw new Error(`${args[0]} exited with ${code}:\n${stderr}`)
  return stdout
}

/** The original's producer without its pause: `count` orders, numbered from 1. */
export function produceAsOriginal(bootstrap: string, count: number, topic: string): Promise<string> {
  const env = { KAFKA_BOOTSTRAP_SERVERS: bootstrap, TOPIC_NAME: topic, SLEEP_SECONDS: '0', RECORDS: `${count}` }
  return runWell(`${peers}/producer.py`, [], env)
}

export type KeyAndValue = readonly [key: string | null, value: unknown]

/** Orders of our choice, sent by the original's client with its settings. */
export async function sendFromPython(bootstrap: string, lines: readonly KeyAndValue[]): Promise<void> {
  const input = lines.map((line) => `${JSON.stringify(line)}\n`).join('')
  await runWell(`${own}/produce_lines.py`, [], { KAFKA_BOOTSTRAP_SERVERS: bootstrap }, input)
}

export type Message = Readonly<{
  topic: string
  key: string | null
  value: Readonly<Record<string, unknown>>
  /** Python's type of each member of the value. */
  types: Readonly<Record<string, string>>
  headers: Readonly<Record<string, string>>
}>

export type ReadOptions = Readonly<{
  bootstrap: string
  group: string
  topics: readonly string[]
  skipMarkers: boolean
}>

export function readAsOriginal({ bootstrap, group, topics, skipMarkers }: ReadOptions): Promise<PythonResult> {
  const env = { KAFKA_BOOTSTRAP_SERVERS: bootstrap, GROUP_ID: group, SKIP_MARKERS: skipMarkers ? '1' : '0' }
  return runPython(`${own}/read_topics.py`, topics, env)
}

/** What the reader printed, without the markers that it left out. */
export function messagesIn({ code, stdout, stderr }: PythonResult): readonly Message[] {
  if (code !== 0) throw new Error(`the reader exited with ${code}:\n${stderr}`)
  const lines = stdout.split('\n').filter(Boolean)
  return lines.map((line) => JSON.parse(line) as Message).filter(({ value }) => value !== undefined)
}

/** `topic=partitions` each. */
export async function createTopicsFromPython(bootstrap: string, topics: readonly string[]): Promise<void> {
  await runWell(`${own}/create_topics.py`, topics, { KAFKA_BOOTSTRAP_SERVERS: bootstrap })
}
