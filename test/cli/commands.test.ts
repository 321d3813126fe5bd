import assert from 'node:assert/strict'
import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer as createHttpServer } from 'node:http'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { before, describe, it, after } from 'node:test'
import { lockDirectory } from '../../src/adapters/sqlite/directory-lock.ts'
import { orderRecord } from '../../src/codec/order-codec.ts'
import { openEngine, type Engine } from '../../src/compose/engine.ts'
import { findBehind } from '../../src/compose/inspect.ts'
import { readConfig } from '../../src/config.ts'
import { createLogger } from '../../src/telemetry/logger.ts'
import { createMetrics } from '../../src/telemetry/metrics.ts'
import { orderLine } from '../support/order-lines.ts'
import {
  jsonOf,
  runCli,
  type CliResult,
  type DoctorReport,
  type OrderReport,
  type TotalsReport,
} from '../support/run-cli.ts'
import { tempDir } from '../support/temp.ts'
import { waitFor } from '../support/wait-for.ts'

describe('commands on a data directory without a server', () => {
  let dataDir = ''
  const run = (...args: readonly string[]): Promise<CliResult> => runCli(args, { dataDir, env: { SLEEP_SECONDS: '0' } })

  before(async () => {
    dataDir = await mkdtemp(join(tmpdir(), 'ordermill-'))
    // The second one says something else of the order, which analytics and payment refuse.
    await processOrders(dataDir, [orderLine(1, { amount: 400.5, country: 'DE' }), orderLine(1, { amount: 9 })])
  })
  after(() => rm(dataDir, { recursive: true, force: true }))

  it('totals prints what the API has, and a table for people', async () => {
    const [json, { stdout }] = await Promise.all([run('totals', '--json'), run('totals')])
    const totals = jsonOf<TotalsReport>(json)
    assert.deepEqual(
      [totals.order_count, totals.total_sales, totals.dead_letters, Object.keys(totals.as_of)],
      [1, 400.5, 1, ['orders']],
    )
    assert.match(stdout, /^Orders +1\nSales +400\.50 USD\n/)
  })

  it('journey tells what happened in order, as a table and as JSON', async () => {
    const [json, table, missing] = await Promise.all([
      run('journey', '1', '--json'),
      run('journey', '1'),
      run('journey', '2'),
    ])
    const { events } = jsonOf<{ events: readonly { kind: string }[] }>(json)
    assert.equal(events[0]?.kind, 'received')
    assert.match(
      table.stdout,
      /^AT +AFTER +BY +WHAT +RECORD +DETAIL\n.* Received +orders\/\d+@\d+ +CONFIRMED, 400\.50 USD/,
    )
    assert.match(table.stdout, /\d+ ms +fraud-group +Flagged by the fraud rules +fraud-alerts\//)
    assert.match(missing.stderr, /^ordermill: NOT_FOUND: order 2 is neither in the store nor among .*\n$/)
  })

  it('export writes a list as a file, and says what is wrong with a filter', async () => {
    const [csv, ndjson, refused] = await Promise.all([
      run('export', 'orders', '--country', 'DE'),
      run('export', 'dead-letters', '--format', 'ndjson', '--group', 'analytics-group'),
      run('export', 'payments', '--country', 'DE'),
    ])
    assert.match(csv.stdout, /^order_id,customer_id,amount,.*\n1,\d+,400\.5,USD,DE,.*\n$/)
    assert.match(ndjson.stdout, /^\{"id":.*"code":"ORDER_ID_CONFLICT".*\}\n$/)
    assert.deepEqual([refused.code, refused.stdout], [1, ''])
    assert.match(refused.stderr, /^ordermill: REQUEST_INVALID: .*country.*\n$/)
  })

  it('order tells the whole story, and fails for one that is not known', async () => {
    const runs = [run('order', '1', '--json'), run('order', '1'), run('order', '2')]
    const [json, text, missing] = await Promise.all(runs)
    assert.ok(json && text && missing)
    const story = jsonOf<OrderReport>(json)
    assert.equal(story.order.amount, 400.5)
    assert.equal(story.payment.outcome, 'PAID')
    assert.match(text.stdout, /^Order +1 .*\n(?:.*\n)*Alert +HIGH_AMOUNT_RISKY_COUNTRY/)
    assert.deepEqual([missing.code, missing.stdout], [1, ''])
    assert.match(missing.stderr, /^ordermill: NOT_FOUND: .*\n$/)
  })

  it('dead-letters lists what was refused, and shows one byte for byte', async () => {
    const [json, none, list] = await Promise.all([
      run('dead-letters', '--json', '--group', 'analytics-group'),
      run('dead-letters', '--json', '--code', 'NOTHING'),
      run('dead-letters'),
    ])
    const { items } = jsonOf<{ items: { id: string; code: string }[] }>(json)
    const [item] = items
    assert.deepEqual([items.length, item?.code], [1, 'ORDER_ID_CONFLICT'])
    assert.deepEqual(jsonOf<unknown>(none), { items: [], next_cursor: null })
    assert.match(list.stdout, /^LOGGED +GROUP +CODE .*\n.*-group +ORDER_ID_CONFLICT .* is known with another amount:/)
    const letter = jsonOf<{ record: { value: { text: string } } }>(await run('dead-letters', item?.id ?? '', '--json'))
    assert.equal(letter.record.value.text, orderLine(1, { amount: 9 }))
  })

  it('topics and tail show what is in the log', async () => {
    const [topics, all, last, unknown] = await Promise.all([
      run('topics', '--json'),
      run('tail', 'orders', '--from-beginning', '--no-follow', '--json'),
      run('tail', 'orders', '--from', '1', '--limit', '1'),
      run('tail', 'nothing', '--no-follow'),
    ])
    const { items, groups } = jsonOf<{ items: { name: string; records: number }[]; groups: { lag_records: number }[] }>(
      topics,
    )
    const counts = new Map(items.map(({ name, records }) => [name, records]))
    assert.deepEqual([counts.get('orders'), counts.get('payments'), counts.get('fraud-alerts')], [2, 1, 1])
    assert.ok(groups.every(({ lag_records: lag }) => lag === 0))

    const records = all.stdout.trimEnd().split('\n')
    const first = JSON.parse(records[0] ?? '') as { key: string; value: string; headers: unknown }
    assert.equal(records.length, 2)
    assert.deepEqual([first.key, first.value], ['1', orderLine(1, { amount: 400.5, country: 'DE' })])
    assert.deepEqual(first.headers, [['event-id', 'test/1']])
    assert.match(last.stdout, /^\d@1  \S+Z  1  \{"order_id":1,.*"amount":9,.*\}\n$/)
    assert.equal(unknown.code, 1)
    assert.match(unknown.stderr, /^ordermill: TOPIC_UNKNOWN: /)
  })

  it('produce makes the same orders for the same seed, and goes on with the ids', async () => {
    const produced: unknown[] = []
    for (const firstId of [2, 3]) {
      const { code, stdout, stderr } = await run('produce', '--count', '1', '--seed', '7')
      assert.equal(code, 0, stderr)
      const id = Number(/^order=(\d+) topic=orders partition=\d+ offset=\d+\n$/.exec(stdout)?.[1])
      assert.ok(id >= firstId)
      const { order } = jsonOf<OrderReport>(await run('order', `${id}`, '--json'))
      const { customer_id: customer, amount, country, status } = order
      produced.push({ customer, amount, country, status })
    }
    assert.deepEqual(produced[0], produced[1])
  })

  it('doctor finds nothing wrong, and says when somebody else holds the directory or the port', async () => {
    assert.equal(statusOf(await run('doctor', '--json'), 'log'), 'ok')
    const lock = lockDirectory(dataDir)
    const other = createServer().listen(0, '127.0.0.1')
    await once(other, 'listening')
    const address = other.address()
    const port = typeof address === 'object' ? `${address?.port}` : ''
    const result = await runCli(['doctor', '--json'], { dataDir, env: { PORT: port } })
    const blocked = await run('produce', '--count', '1')
    lock.release()
    other.close()
    assert.equal(result.code, 1)
    assert.deepEqual([statusOf(result, 'lock'), statusOf(result, 'port')], ['warn', 'fail'])
    assert.equal(blocked.code, 1)
    assert.match(blocked.stderr, /^ordermill: DATA_DIR_LOCKED: .*\n$/)
  })

  it('doctor fails for a damaged log', async (t) => {
    const damaged = await tempDir(t)
    await writeFile(join(damaged, 'log.db'), 'no database at all, but long enough to look at '.repeat(100))
    const result = await runCli(['doctor', '--json'], { dataDir: damaged, env: { PORT: '0' } })
    assert.equal(result.code, 1)
    assert.equal(statusOf(result, 'log'), 'fail')
    assert.doesNotMatch(result.stdout, /ordermill doctor/)
  })

  it('doctor fails for a directory that can not be made, although its parent’s rights allow it', async () => {
    // Even its owner can make nothing there; where there is no /proc, not in the root either.
    const result = await runCli(['doctor', '--json'], { dataDir: '/proc/ordermill', env: { PORT: '0' } })
    assert.equal(result.code, 1)
    assert.equal(statusOf(result, 'directory'), 'fail')
  })

  it('doctor warns of a port that a server on another directory has', async () => {
    const other = createHttpServer((_request, response) => response.end('{"status":"ok"}')).listen(0, '127.0.0.1')
    await once(other, 'listening')
    const address = other.address()
    const port = typeof address === 'object' ? `${address?.port}` : ''
    const result = await runCli(['doctor', '--json'], { dataDir, env: { PORT: port } })
    other.close()
    assert.deepEqual([result.code, statusOf(result, 'port')], [0, 'warn'])
  })
})

describe('commands on orders of several partitions and currencies', () => {
  let dataDir = ''
  const run = (...args: readonly string[]): Promise<CliResult> => runCli(args, { dataDir, env: { PORT: '0' } })
  const currencies = ['USD', 'JPY', 'EUR', 'USD', 'EUR', 'CHF']

  before(async () => {
    dataDir = await mkdtemp(join(tmpdir(), 'ordermill-'))
    await processOrders(
      dataDir,
      currencies.map((currency, index) => orderLine(index + 1, { amount: 1234, currency, country: 'DE' })),
    )
  })
  after(() => rm(dataDir, { recursive: true, force: true }))

  it('totals lists currencies in their order, with separators between thousands', async () => {
    const { stdout } = await run('totals')
    assert.match(stdout, /^Orders +6\nSales +2,468\.00 USD\n/)
    assert.match(stdout, /\nDE +6 +1,234\.00 CHF, 2,468\.00 EUR, 1,234 JPY, 2,468\.00 USD\n/)
  })

  it('tail --no-follow --limit prints the newest of all partitions', async () => {
    const { stdout } = await run('tail', 'orders', '--no-follow', '--limit', '3', '--json')
    const records = stdout.trimEnd().split('\n')
    assert.deepEqual(
      records.map((line) => (JSON.parse(line) as { key: string }).key),
      ['4', '5', '6'],
    )
  })

  it('doctor warns of a store that is behind the log, until a start has caught up', async () => {
    for (const suffix of ['', '-wal', '-shm']) await rm(join(dataDir, `store.db${suffix}`), { force: true })
    const behind = await run('doctor')
    assert.equal(behind.code, 0)
    assert.match(
      behind.stdout,
      /^warn +store +behind the log by 6 records \(analytics-group\), 6 .*: the next start catches/m,
    )
    await processOrders(dataDir, [])
    assert.equal(statusOf(await run('doctor', '--json'), 'store'), 'ok')
  })
})

function statusOf(result: CliResult, name: string): string | undefined {
  return jsonOf<DoctorReport>(result).checks.find((check) => check.name === name)?.status
}

describe('the command line', () => {
  it('answers wrong usage and configuration with 2, and one line with a code', async (t) => {
    const dataDir = await tempDir(t)
    const cases: readonly (readonly [readonly string[], Record<string, string>, string])[] = [
      [['nonsense'], {}, 'USAGE'],
      [['import'], {}, 'USAGE'],
      [['totals', '--nope'], {}, 'USAGE'],
      [['order', '0'], {}, 'USAGE'],
      [['groups', 'seek', 'fraud-group', '--time', 'yesterday'], {}, 'USAGE'],
      [['dead-letters', '--from', '2026-01-31'], {}, 'USAGE'],
      [['totals'], { PORT: 'high' }, 'CONFIG_INVALID'],
      [['totals', '--url', 'nowhere'], {}, 'USAGE'],
    ]
    const check = async ([args, env, code]: (typeof cases)[number]) => {
      const result = await runCli(args, { dataDir, env })
      assert.deepEqual([result.code, result.stdout], [2, ''], args.join(' '))
      assert.match(result.stderr, new RegExp(`^ordermill: ${code}: [^\n]+\n$`))
    }
    await Promise.all(cases.map(check))
  })

  it('fails with 1 when there is no data, or no server where one was named', async (t) => {
    const dataDir = await tempDir(t)
    const empty = await runCli(['totals'], { dataDir })
    assert.equal(empty.code, 1)
    assert.match(empty.stderr, /^ordermill: NOT_FOUND: /)
    const away = await runCli(['totals'], { dataDir, env: { ORDERMILL_URL: 'http://127.0.0.1:1' } })
    assert.equal(away.code, 1)
    assert.match(away.stderr, /^ordermill: SERVER_UNAVAILABLE: .*127\.0\.0\.1:1/)
  })
})

/** Appends orders and lets the services handle all of them, in this process. */
async function processOrders(dataDir: string, lines: readonly string[]): Promise<void> {
  const config = readConfig({ ORDERMILL_DATA_DIR: dataDir, ORDERMILL_GATEWAY_LATENCY_MS: '0' })
  const logger = createLogger({ level: 'silent', pretty: false })
  const engine = await openEngine(config, { logger, metrics: createMetrics({ processMetrics: false }) })
  const end = new AbortController()
  const running = engine.run(end.signal)
  for (const [index, line] of lines.entries()) await appendLater(engine.log, line, index + 1)
  await waitFor('no group has anything to do', async () => {
    const groups = await engine.log.groups()
    const lags = (await Promise.all(groups.map((group) => engine.log.lag(group)))).flat()
    const isDone = groups.length === 5 && lags.every(({ lagRecords }) => lagRecords === 0)
    return isDone && (await findBehind(config)).length === 0
  })
  end.abort()
  await running
  await engine.close()
}

/** In a millisecond of its own, so that log time tells the order of records on several partitions. */
async function appendLater(log: Engine['log'], line: string, number: number): Promise<void> {
  const { order_id: orderId } = JSON.parse(line) as { order_id: number }
  await log.append([orderRecord('orders', line, orderId, `test/${number}`)])
  const appendedMs = Date.now()
  await waitFor('the clock has moved on', () => Date.now() > appendedMs)
}
