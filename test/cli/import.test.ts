import assert from 'node:assert/strict'
import { readFile, rm, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { describe, it, type TestContext } from 'node:test'
import { gzipSync } from 'node:zlib'
import { openSqliteStore } from '../../src/adapters/sqlite/sqlite-store.ts'
import { jsonOf, runCli, type ImportReport, type OrderReport, type TotalsReport } from '../support/run-cli.ts'
import { orderLine, orderLines } from '../support/order-lines.ts'
import { tempDir } from '../support/temp.ts'

async function aFile(t: TestContext, name: string, content: string | Uint8Array) {
  const directory = await tempDir(t)
  const file = join(directory, name)
  await writeFile(file, content)
  return { file, dataDir: join(directory, 'data') }
}

const line = (members: Readonly<Record<string, unknown>>) => orderLine(99, members)
const without = (name: string) => line({ [name]: undefined })
const nested = `${'{"a":'.repeat(40)}1${'}'.repeat(40)}`

/** What an import meets in the wild: each line, and why it is refused. Every third line between them is an order. */
const badLines: readonly (readonly [name: string, content: string | Uint8Array, code: string])[] = [
  ['bad JSON', '{"order_id":', 'RECORD_INVALID'],
  ['bad UTF-8', Buffer.concat([Buffer.from('{"order_id":1,"country":"'), Buffer.from([0xc3, 0x28])]), 'RECORD_INVALID'],
  ['no object', '[1,2]', 'RECORD_INVALID'],
  ['no order_id', without('order_id'), 'RECORD_INVALID'],
  ['no created_at', without('created_at'), 'RECORD_INVALID'],
  ['a local time', line({ created_at: '2026-01-31T09:30:00' }), 'RECORD_INVALID'],
  ['1 MB', line({ note: 'x'.repeat(1_000_000) }), 'RECORD_TOO_LARGE'],
  ['5 MB', line({ note: 'x'.repeat(5_000_000) }), 'RECORD_TOO_LARGE'],
  ['__proto__', line({}).replace('{', '{"__proto__":{"isAdmin":true},'), 'RECORD_INVALID'],
  ['1e309', line({}).replace(/"amount":[\d.]+/, '"amount":1e309'), 'RECORD_INVALID'],
  ['NaN', line({}).replace(/"amount":[\d.]+/, '"amount":NaN'), 'RECORD_INVALID'],
  ['negative', line({ amount: -5 }), 'RECORD_INVALID'],
  ['three decimals', line({ amount: 1.234 }), 'RECORD_INVALID'],
  ['text for a number', line({ amount: '12.30' }), 'RECORD_INVALID'],
  ['deep nesting', line({}).replace('{', `{"a":${nested},`), 'RECORD_INVALID'],
]

describe('import without a server', () => {
  it('says of a JSON array and of a binary file what they are, once', async (t) => {
    for (const [content, why] of [
      [`[\n  ${orderLine(1)},\n  ${orderLine(2)}\n]\n`, /is a JSON array, and what is taken is one order a line/],
      [Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a]), /^ordermill: RECORD_INVALID: the first line is no header/],
    ] as const) {
      const { file, dataDir } = await aFile(t, typeof content === 'string' ? 'orders.json' : 'orders', content)
      const { code, stdout, stderr } = await runCli(['import', file], { dataDir })
      assert.deepEqual([code, stdout], [1, ''])
      assert.match(stderr, why)
      assert.equal(stderr.trimEnd().split('\n').length, 1)
    }
  })

  it('appends every order of a bad file and says of every other line why not', async (t) => {
    const parts = badLines.flatMap(([, content], index) => [
      Buffer.from(`${orderLine(index + 1)}${index % 2 ? '\r' : ''}\n`),
      Buffer.from(index % 3 ? '' : '\n  \n'),
      Buffer.from(content),
      Buffer.from('\n'),
    ])
    const last = Buffer.from(orderLine(1_000))
    const { file, dataDir } = await aFile(t, 'o.ndjson', Buffer.concat([Buffer.from('\uFEFF'), ...parts, last]))
    const rejects = join(dataDir, '..', 'rejects.ndjson')
    const result = await runCli(['import', file, '--json', '--rejects', rejects], { dataDir })
    assert.equal(result.code, 3, result.stderr)
    const { good, bad, counted, pending_payments: pending } = jsonOf<ImportReport>(result)
    assert.deepEqual({ good, bad, counted, pending }, { good: 16, bad: badLines.length, counted: true, pending: 0 })

    const all = (await readFile(rejects, 'utf8'))
      .trimEnd()
      .split('\n')
      .map((text) => JSON.parse(text) as { line: number; code: string })
    assert.deepEqual(
      all.map(({ code }) => code),
      badLines.map(([, , code]) => code),
    )
    const [first] = all
    assert.ok(first)
    const content = await readFile(file, 'latin1')
    assert.ok(content.split('\n')[first.line - 1]?.startsWith('{"order_id":'))
    assert.match(result.stderr, new RegExp(`^line ${first.line}: RECORD_INVALID: `))

    const totals = jsonOf<TotalsReport>(await runCli(['totals', '--json'], { dataDir }))
    assert.equal(totals.order_count, 16)
    assert.equal(totals.dead_letters, 0)
  })

  it('counts a file once however often it comes: again, packed, and by standard input', async (t) => {
    const { ndjson, count, totalSales } = orderLines(500)
    const { file, dataDir } = await aFile(t, 'orders.ndjson', ndjson)
    const packed = join(dataDir, '..', 'orders.gz')
    await writeFile(packed, gzipSync(ndjson))
    const first = await runCli(['import', file], { dataDir })
    assert.deepEqual([first.code, first.stderr], [0, ''])
    assert.match(first.stdout, /^Imported 500 orders, 0 lines refused/)
    for (const [name, input] of [[packed], ['-', ndjson]] as const) {
      const again = await runCli(['import', name, '--json'], { dataDir, ...(input === undefined ? {} : { input }) })
      const { already_imported: known, good, appended } = jsonOf<ImportReport>(again)
      assert.deepEqual({ code: again.code, known, good, appended }, { code: 0, known: true, good: count, appended: 0 })
    }
    const totals = jsonOf<TotalsReport>(await runCli(['totals', '--json'], { dataDir }))
    assert.deepEqual([totals.order_count, totals.total_sales, totals.duplicates], [count, totalSales, 0])
  })

  it('keeps its order ids from being given again: before they are counted, and when the store is lost', async (t) => {
    const { ndjson, count } = orderLines(60)
    const greatest = `${orderLine(Number.MAX_SAFE_INTEGER)}\n`
    const { file, dataDir } = await aFile(t, 'orders.ndjson', ndjson + greatest)
    const imported = await runCli(['import', file, '--no-wait'], { dataDir })
    assert.equal(imported.code, 0, imported.stderr)
    const store = openSqliteStore({ file: join(dataDir, 'store.db') })
    assert.equal((await store.totals()).totals.overall.orderCount, 0)
    assert.equal(await store.reserveOrderIds(1), count + 1)
    await store.close()
    for (const ending of ['', '-wal', '-shm']) await rm(join(dataDir, `store.db${ending}`), { force: true })
    const produced = await runCli(['produce', '--count', '1', '--json'], { dataDir, env: { SLEEP_SECONDS: '0' } })
    assert.equal(produced.code, 0, produced.stderr)
    assert.equal(jsonOf<{ order_id: number }>(produced).order_id, count + 1)
  })

  it('reads CSV with fields of several lines, and keeps columns that it does not know', async (t) => {
    const csv = [
      'created_at,order_id,customer_id,amount,currency,country,status,note,source',
      '2026-01-31T09:30:00Z,7,1000,19.90,USD,DE,CREATED,"two\nlines, ""quoted""",',
      '2026-01-31T09:30:00Z,,1000,19.90,USD,DE,CREATED,no id,',
      '2026-01-31T09:30:00Z,8,1000,0.10,USD,US,CANCELLED,,shop',
    ].join('\r\n')
    const { dataDir } = await aFile(t, 'unused', '')
    const result = await runCli(['import', '-', '--json'], { dataDir, input: gzipSync(csv) })
    assert.equal(result.code, 3)
    const { format, good, bad } = jsonOf<ImportReport>(result)
    assert.deepEqual({ format, good, bad }, { format: 'csv', good: 2, bad: 1 })
    assert.match(result.stderr, /^line 4: RECORD_INVALID: .*\/order_id/)
    const { order } = jsonOf<OrderReport>(await runCli(['order', '7', '--json'], { dataDir }))
    assert.equal(order.document['note'], 'two\nlines, "quoted"')
    assert.equal(order.document['amount'], 19.9)
    assert.ok(!('source' in order.document))
  })

  it('says what is wrong with what it can not read, on one line', async (t) => {
    const { ndjson } = orderLines(100)
    const damaged = gzipSync(ndjson).subarray(0, 200)
    const { file } = await aFile(t, 'damaged.gz', damaged)
    const noHeader = join(dirname(file), 'no-header.csv')
    await writeFile(noHeader, '1,2,3\n')
    const failed = async (file: string, code: number, message: RegExp) => {
      const result = await runCli(['import', file], { dataDir: await tempDir(t) })
      assert.equal(result.code, code, result.stderr)
      assert.match(result.stderr, message)
      assert.equal(result.stderr.trimEnd().split('\n').length, 1)
      assert.equal(result.stdout, '')
    }
    await Promise.all([
      failed(file, 1, /^ordermill: RECORD_INVALID: .*damaged\.gz/),
      failed(noHeader, 1, /^ordermill: RECORD_INVALID: .*lacks order_id/),
      failed(`${file}.missing`, 2, /^ordermill: USAGE: .*missing.*ENOENT/),
      failed(dirname(file), 2, /^ordermill: USAGE: .*directory/),
    ])
  })
})
