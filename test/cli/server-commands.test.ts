import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { it } from 'node:test'
import { startApp } from '../support/app.ts'
import { orderLines } from '../support/order-lines.ts'
import {
  jsonOf,
  runCli,
  type CliOptions,
  type DoctorReport,
  type ImportReport,
  type TotalsReport,
} from '../support/run-cli.ts'
import { tempDir } from '../support/temp.ts'

const token = 'an-operators-token'
const tokens = `operator:${createHash('sha256').update(token).digest('hex')}`

it('commands find the server of the data directory and work through it', async (t) => {
  const dataDir = await tempDir(t)
  await startApp(t, { dataDir, env: { ORDERMILL_TOKENS: tokens, ORDERMILL_GATEWAY_LATENCY_MS: '0' } })
  const env = { ORDERMILL_TOKEN: token, SLEEP_SECONDS: '0' }
  const run = (args: readonly string[], options: Partial<CliOptions> = {}) => runCli(args, { dataDir, env, ...options })

  const { ndjson, count, totalSales } = orderLines(2_500)
  const file = join(dataDir, 'orders.txt')
  await writeFile(file, `${ndjson}not json\n`)
  for (const time of ['first', 'second']) {
    const imported = await run(['import', file, '--json'])
    assert.equal(imported.code, 3, `${time}: ${imported.stderr}`)
    const { good, bad, counted } = jsonOf<ImportReport>(imported)
    assert.deepEqual({ good, bad, counted }, { good: count, bad: 1, counted: true })
  }
  const totals = jsonOf<TotalsReport>(await run(['totals', '--json']))
  assert.deepEqual([totals.order_count, totals.total_sales, totals.duplicates], [count, totalSales, 0])

  const exported = await run(['export', 'orders'])
  assert.equal(exported.code, 0, exported.stderr)
  assert.equal(exported.stdout.trimEnd().split('\n').length, count + 1)

  const produced = await run(['produce', '--count', '3'])
  assert.equal(produced.code, 0, produced.stderr)
  const lines = produced.stdout.trimEnd().split('\n')
  assert.equal(lines.length, 3)
  for (const line of lines) assert.match(line, /^order=\d+ topic=orders partition=\d+ offset=\d+$/)
  assert.ok(Number(/order=(\d+)/.exec(lines[0] ?? '')?.[1]) > count, 'ids go on above those that are known')

  const listed = await run(['groups'])
  assert.match(listed.stdout, /^payments-group +orders +0 +\d+ +\d+ .* member 1$/m)
  const paused = await run(['groups', 'pause', 'views-group'])
  assert.equal(paused.stdout, 'views-group is paused: its services rest in a moment\n', paused.stderr)
  assert.match((await run(['groups'])).stdout, /^views-group +fraud-alerts .* paused /m)
  const moved = await run(['groups', 'seek', 'fraud-group', '--topic', 'orders', '--to', 'beginning', '--dry-run'])
  assert.match(moved.stdout, /^orders +0 +\d+ +0 +0 +\d+$/m, moved.stderr)
  assert.match(moved.stderr, /nothing was moved/)
  const reallyMoved = await run(['groups', 'seek', 'fraud-group', '--topic', 'orders', '--to', 'beginning'])
  assert.match(reallyMoved.stderr, /^fraud-group was moved$/m)
  assert.equal((await run(['groups', 'seek', 'fraud-group'])).code, 2)

  const refused = await run(['totals'], { env: {} })
  assert.equal(refused.code, 1)
  assert.match(refused.stderr, /^ordermill: UNAUTHENTICATED: .*\n$/)

  const second = await run(['doctor', '--json'])
  assert.ok(jsonOf<DoctorReport>(second).checks.some(({ detail }) => detail.startsWith('held by the server')))
})
