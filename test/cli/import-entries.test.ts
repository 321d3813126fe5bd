import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { csvEntries } from '../../src/cli/import/csv.ts'
import { cutChunks, type Chunk } from '../../src/cli/import/chunks.ts'
import type { Entry } from '../../src/cli/import/entry.ts'
import { lineBytesMax, readLines, type Line, type Place } from '../../src/cli/import/lines.ts'
import { ndjsonEntries } from '../../src/cli/import/ndjson.ts'
import { orderLine } from '../support/order-lines.ts'

const start = { bytes: 0, lines: 0 }
const header = ['order_id', 'customer_id', 'amount', 'currency', 'country', 'status', 'created_at', 'note']

async function* inPieces(content: Buffer, size: number): AsyncGenerator<Buffer> {
  for (let at = 0; at < content.length; at += size) yield await Promise.resolve(content.subarray(at, at + size))
}

async function collect<Item>(batches: AsyncIterable<readonly Item[]>): Promise<readonly Item[]> {
  const items: Item[] = []
  for await (const batch of batches) items.push(...batch)
  return items
}

function linesOf(content: string | Buffer, size = 7): Promise<readonly Line[]> {
  return collect(readLines(inPieces(Buffer.from(content), size), start))
}

function csvOf(content: string | Buffer, size = 1_000): Promise<readonly Entry[]> {
  return collect(csvEntries(readLines(inPieces(Buffer.from(content), size), start), header))
}

function row(orderId: number, note = 'n'): string {
  return `${orderId},1000,19.90,USD,US,CREATED,2026-01-31T09:30:00Z,${note}\n`
}

function outcomes(entries: readonly Entry[]): readonly (number | string)[] {
  return entries.map((entry) => (entry.kind === 'order' ? entry.orderId : `line ${entry.line} ${entry.code}`))
}

function jsonAt(entries: readonly Entry[], index: number): unknown {
  const entry = entries[index]
  return entry?.kind === 'order' ? JSON.parse(Buffer.from(entry.json).toString()) : entry
}

describe('lines of an import', () => {
  it('are the same however the file arrives', async () => {
    const content = 'first\n\nthird line, longer\r\nlast without end'
    for (const size of [1, 2, 5, 100]) {
      const lines = await linesOf(content, size)
      assert.deepEqual(
        lines.map(({ number, bytes, end }) => [number, bytes.toString(), end]),
        [
          [1, 'first', 6],
          [2, '', 7],
          [3, 'third line, longer\r', 27],
          [4, 'last without end', 43],
        ],
      )
    }
  })

  it('keep no more than the beginning of one that is too long, and go on behind it', async () => {
    const long = 'x'.repeat(3 * lineBytesMax)
    const lines = await linesOf(`a\n${long}\nb\n`, 64 * 1024)
    assert.deepEqual(
      lines.map(({ isTooLong }) => isTooLong),
      [false, true, false],
    )
    assert.ok((lines[1]?.bytes.length ?? Infinity) < 10_000)
    assert.equal(lines[2]?.end, 2 + long.length + 1 + 2)
  })
})

describe('NDJSON', () => {
  it('keeps the bytes of a line as they are, without a byte order mark or carriage return', async () => {
    const json =
      '{ "order_id": 1, "customer_id":5,"amount":1.50,"currency":"USD","country":"US","status":"CREATED","created_at":"2026-01-31T09:30:00Z","ü":1e400 }'
    const content = Buffer.from(`\uFEFF${json}\r\n`)
    const [entry] = await collect(ndjsonEntries(readLines(inPieces(content, 9), start)))
    assert.ok(entry?.kind === 'order')
    assert.equal(Buffer.from(entry.json).toString(), json)
  })
})

describe('CSV', () => {
  it('writes digits as they are, and columns that are not ours as text', async () => {
    const entries = await csvOf(row(1, '007'))
    const [entry] = entries
    assert.ok(entry?.kind === 'order')
    assert.match(Buffer.from(entry.json).toString(), /"amount":19\.90,/)
    assert.match(Buffer.from(entry.json).toString(), /"note":"007"/)
  })

  it('reads line breaks, quotes, commas and other letters in quoted fields, wherever the file is cut', async () => {
    const note = 'a "b", c\r\nd – ü'
    const content = row(1, `"${note.replaceAll('"', '""')}"`) + row(2)
    for (const size of [1, 3, 50, 1_000]) {
      const entries = await csvOf(content, size)
      assert.deepEqual(outcomes(entries), [1, 2])
      assert.deepEqual(
        entries.map(({ line, lines }) => [line, lines]),
        [
          [1, 2],
          [3, 3],
        ],
      )
      assert.equal((jsonAt(entries, 0) as { note: string }).note, note)
    }
  })

  // A missing quote makes every parser read on into the next rows. They are orders all the same.
  it('loses no row behind one with a quote too many', async () => {
    const content = row(1) + row(2, '"open') + row(3) + row(4, '"closed"') + row(5, 'a"b') + row(6)
    assert.deepEqual(outcomes(await csvOf(content)), [1, 'line 2 RECORD_INVALID', 3, 4, 'line 5 RECORD_INVALID', 6])
  })

  it('loses no row behind a quote that is never closed', async () => {
    const rows = Array.from({ length: 3_000 }, (_, index) => row(index + 2)).join('')
    const entries = await csvOf(row(1, '"open') + rows, 64 * 1024)
    assert.deepEqual(outcomes(entries.slice(0, 3)), ['line 1 RECORD_INVALID', 2, 3])
    assert.equal(entries.length, 3_001)
  })

  it('refuses a row with another number of fields, bad UTF-8, and what is no order', async () => {
    const badUtf8 = Buffer.concat([Buffer.from(row(3, '').trimEnd()), Buffer.from([0xff, 0x0a])])
    const content = Buffer.concat([Buffer.from(`1,2\n${row(2)}`), badUtf8, Buffer.from(row(4).replace('19.90', '-1'))])
    const refused = (line: number) => `line ${line} RECORD_INVALID`
    assert.deepEqual(outcomes(await csvOf(content)), [refused(1), 2, refused(3), refused(4)])
  })
})

describe('chunks', () => {
  it('are cut in the same places when reading starts behind one of them', async () => {
    const text = Array.from({ length: 100 }, (_, index) => `${orderLine(index + 1)}\n`).join('')
    const content = Buffer.from(text)
    const chunks = async (from: Place) => {
      const lines = readLines(inPieces(content.subarray(from.bytes), 500), from)
      const cut: Pick<Chunk, 'line' | 'end'>[] = []
      for await (const { line, end } of cutChunks(ndjsonEntries(lines), { entriesMax: 30, bytesMax: 4_000 })) {
        cut.push({ line, end })
      }
      return cut
    }
    const all = await chunks(start)
    const [first] = all
    assert.ok(first && all.length > 3)
    assert.deepEqual(await chunks(first.end), all.slice(1))
  })
})
