import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import { quickJvm } from './broker-node.ts'
import { cached } from './cache.ts'
import { jarsName, kafkaJars, shortHash } from './jars.ts'
import { runTool } from './run-tool.ts'

const sourceFile = fileURLToPath(new URL('./CommittedReader.java', import.meta.url))

export type JudgeRecord = Readonly<{
  topic: string
  partition: number
  offset: number
  timestampMs: number
  key: Buffer | null
  value: Buffer | null
  headers: readonly (readonly [name: string, value: Buffer | null])[]
}>

/**
 * What a read_committed reader sees in the topics, from the beginning to the last stable offset of this moment; in
 * order within a partition. By Java's own consumer, for a judge that shares no line with what it judges.
 */
export async function readCommitted(bootstrap: string, topics: readonly string[]): Promise<JudgeRecord[]> {
  const [jvm, jars, classes] = await Promise.all([quickJvm(), kafkaJars(), compiledReader()])
  const classPath = `${join(jars, '*')}:${classes}`
  const args = [...jvm, '-Dorg.slf4j.simpleLogger.defaultLogLevel=warn', '-cp', classPath, 'CommittedReader']
  const child = spawn('java', [...args, bootstrap, ...topics], { stdio: ['ignore', 'pipe', 'pipe'] })
  const said = text(child.stderr)
  const closed = once(child, 'close')
  const records: JudgeRecord[] = []
  for await (const line of createInterface({ input: child.stdout })) records.push(recordOf(line))
  await closed
  if (child.exitCode !== 0) throw new Error(`the committed reader failed: ${await said}`)
  return records
}

async function compiledReader(): Promise<string> {
  const name = `${jarsName}-reader-${shortHash(readFileSync(sourceFile, 'utf8'))}`
  return cached(name, async (directory) => {
    await runTool('javac', ['--release', '17', '-cp', join(await kafkaJars(), '*'), '-d', directory, sourceFile])
  })
}

type Line = readonly [
  topic: string,
  partition: number,
  offset: number,
  timestampMs: number,
  key: string | null,
  value: string | null,
  headers: readonly (readonly [name: string, value: string | null])[],
]

function recordOf(line: string): JudgeRecord {
  const [topic, partition, offset, timestampMs, key, value, headers] = JSON.parse(line) as Line
  return {
    topic,
    partition,
    offset,
    timestampMs,
    key: bytesOf(key),
    value: bytesOf(value),
    headers: headers.map(([name, content]) => [Buffer.from(name, 'base64').toString(), bytesOf(content)] as const),
  }
}

function bytesOf(base64: string | null): Buffer | null {
  return base64 === null ? null : Buffer.from(base64, 'base64')
}
