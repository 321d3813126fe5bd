import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { it, type TestContext } from 'node:test'
import { openSqliteLog } from '../../src/adapters/sqlite/sqlite-log.ts'
import { jsonOf, runCli, startCli, type CliResult, type ImportReport, type TotalsReport } from '../support/run-cli.ts'
import { orderLines } from '../support/order-lines.ts'
import { tempDir } from '../support/temp.ts'
import { waitFor } from '../support/wait-for.ts'

// Eight chunks, so that some are in the log and some are not when the first of them is seen.
const orders = orderLines(32_000)

async function recordsIn(dataDir: string): Promise<number> {
  const file = join(dataDir, 'log.db')
  if (!existsSync(file)) return 0
  try {
    const log = openSqliteLog({ file, readOnly: true })
    const topic = (await log.topics()).find(({ name }) => name === 'orders')
    await log.close()
    return (topic?.partitions ?? []).reduce((sum, { end }) => sum + end, 0)
  } catch {
    // It is being made.
    return 0
  }
}

async function cutOff(t: TestContext, signal: NodeJS.Signals) {
  const directory = await tempDir(t)
  const [dataDir, file] = [join(directory, 'data'), join(directory, 'orders.ndjson')]
  await writeFile(file, orders.ndjson)
  const { child, done } = startCli(['import', file], { dataDir })
  t.after(() => child.kill('SIGKILL'))
  await waitFor('some orders are in the log', async () => (await recordsIn(dataDir)) > 0)
  child.kill(signal)
  const first = await done
  const appended = await recordsIn(dataDir)
  assert.ok(appended > 0 && appended < orders.count, `the signal came at ${appended} of ${orders.count}`)
  return { dataDir, file, first, appended }
}

async function assertWhole(second: CliResult, dataDir: string): Promise<void> {
  assert.equal(second.code, 0, second.stderr)
  const { good, bad, counted } = jsonOf<ImportReport>(second)
  assert.deepEqual({ good, bad, counted }, { good: orders.count, bad: 0, counted: true })
  const totals = jsonOf<TotalsReport>(await runCli(['totals', '--json'], { dataDir }))
  const { order_count: count, total_sales: sales, duplicates } = totals
  assert.deepEqual({ count, sales, duplicates }, { count: orders.count, sales: orders.totalSales, duplicates: 0 })
  assert.equal(await recordsIn(dataDir), orders.count)
}

it('an import that was killed goes on behind its last chunk and repeats none', async (t) => {
  const { dataDir, file, appended } = await cutOff(t, 'SIGKILL')
  const second = await runCli(['import', file, '--json'], { dataDir })
  assert.equal(jsonOf<ImportReport>(second).resumed_behind_line, appended)
  await assertWhole(second, dataDir)
})

it('an import that is interrupted finishes its chunk, says how to go on, and does', async (t) => {
  const { dataDir, file, first, appended } = await cutOff(t, 'SIGINT')
  assert.equal(first.code, 1)
  assert.equal(first.stdout, '')
  assert.match(first.stderr, new RegExp(`^ordermill: INTERRUPTED: stopped behind line ${appended}: .*again.*\n$`))
  await assertWhole(await runCli(['import', file, '--json'], { dataDir }), dataDir)
})
