import assert from 'node:assert/strict'
import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { execPath } from 'node:process'
import { createInterface } from 'node:readline'
import { describe, it } from 'node:test'
import { checkSqliteLog } from '../../../src/adapters/sqlite/sqlite-log-check.ts'
import { openSqliteLog } from '../../../src/adapters/sqlite/sqlite-log.ts'
import { readPartition, valueOf } from '../../support/log-harness.ts'
import { tempDir } from '../../support/temp.ts'

const adapter = new URL('../../../src/adapters/sqlite/sqlite-log.ts', import.meta.url).href

/**
 * Appends records that count up, the same in both partitions of `orders`, while a group copies them to `copies`. Each
 * acknowledged append is a line on stdout; so is the code of an error, after which it goes on.
 */
const program = `
  import { openSqliteLog } from ${JSON.stringify(adapter)}
  // It writes until it is killed: it must not outlive a test that was.
  process.stdin.resume().once('end', () => process.exit())
  const log = openSqliteLog({ file: process.argv[1] })
  const spec = { partitions: 2, recordBytesMax: 100_000 }
  await log.createTopics([{ name: 'orders', ...spec }, { name: 'copies', ...spec }])
  log.transform(
    { group: 'g', topics: ['orders'], recordsMax: 50, bytesMax: 1_000_000 },
    async ({ slices }) => slices.flatMap(({ records }) => records.map((r) => ({ ...r, topic: 'copies' }))),
    new AbortController().signal,
  )
  const [{ partitions }] = await log.topics()
  const padding = 'x'.repeat(500)
  for (let next = partitions[0].end; ; ) {
    const values = Array.from({ length: 10 }, (_, index) => String(next + index))
    const records = values.flatMap((value) =>
      [0, 1].map((partition) => ({ topic: 'orders', key: null, value: Buffer.from(value + padding), partition })))
    try {
      await log.append(records)
      next += 10
      console.log(next)
    } catch (error) {
      console.log(error.code)
    }
  }
`

function startChild(file: string, command = execPath, args: readonly string[] = []): ChildProcess {
  const nodeArgs = ['--disable-warning=ExperimentalWarning', '--input-type=module', '--eval', program, file]
  return spawn(command, [...args, ...nodeArgs], { stdio: ['pipe', 'pipe', 'inherit'] })
}

/** The lines that the child wrote until `enough` said so, when it is killed. */
async function killWhen(child: ChildProcess, enough: (line: string, count: number) => boolean): Promise<string[]> {
  assert.ok(child.stdout !== null)
  const lines: string[] = []
  const exited = once(child, 'exit')
  for await (const line of createInterface({ input: child.stdout })) {
    lines.push(line)
    if (enough(line, lines.length)) child.kill('SIGKILL')
  }
  await exited
  return lines
}

/** Everything acknowledged is there, both partitions are alike, and the copies are those of the committed offsets. */
async function assertIntact(file: string, acknowledged: number): Promise<void> {
  const log = openSqliteLog({ file })
  try {
    const committed = await log.lag('g')
    for (const partition of [0, 1]) {
      const values = (await readPartition(log, 'orders', partition)).map((record) =>
        Number.parseInt(valueOf(record), 10),
      )
      assert.ok(values.length >= acknowledged, `${values.length} of ${acknowledged} acknowledged records`)
      assert.equal(values.length % 10, 0)
      assert.deepEqual(
        values,
        Array.from({ length: values.length }, (_, index) => index),
      )
      const copies = await readPartition(log, 'copies', partition)
      assert.equal(copies.length, committed.find((lag) => lag.partition === partition)?.committed ?? 0)
      assert.ok(copies.every((record, index) => Number.parseInt(valueOf(record), 10) === index))
    }
  } finally {
    await log.close()
  }
  assert.deepEqual(
    Array.from(checkSqliteLog(file)).filter(({ kind }) => kind === 'damage'),
    [],
  )
}

describe('a process that is killed while it appends to the SQLite log', () => {
  it('leaves every acknowledged record, and no half of a transaction', async (t) => {
    const file = join(await tempDir(t), 'log.db')
    let acknowledged = 0
    for (const lines of [1, 30, 77, 200]) {
      const written = await killWhen(startChild(file), (_, count) => count === lines)
      acknowledged = Number(written.at(-1))
      await assertIntact(file, acknowledged)
    }
  })

  it('leaves every acknowledged record too when its disk had become full before', async (t) => {
    const file = join(await tempDir(t), 'log.db')
    // `ulimit -f` counts blocks of 512 or 1,024 bytes: the write-ahead log meets its limit in the middle of a transaction.
    const child = startChild(file, 'sh', ['-c', 'ulimit -f 1500; exec "$0" "$@"', execPath])
    const written = await killWhen(child, (line) => line === 'LOG_UNAVAILABLE')
    assert.equal(written.at(-1), 'LOG_UNAVAILABLE')
    await assertIntact(file, Number(written.findLast((line) => line !== 'LOG_UNAVAILABLE') ?? 0))
  })
})
