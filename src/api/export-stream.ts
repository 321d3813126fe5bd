import { Readable } from 'node:stream'
import { setImmediate } from 'node:timers/promises'
import { OrdermillError } from '../errors.ts'
import type { Page, PageQuery } from '../ports/order-queries.ts'
import type { ExportFormat } from './contract/exports.ts'
import { csvLines, csvTitles, type CsvColumn } from './csv.ts'

/** One list as it is exported: where its pages come from, and what becomes of an item. */
export type ExportSource<Stored, Item> = Readonly<{
  search: (page: PageQuery) => Promise<Page<Stored>>
  view: (stored: Stored) => Item
  columns: readonly CsvColumn<Item>[]
  format: ExportFormat
  /** Called with each page that was read, also where nothing of it matched. */
  onPage?: () => void
}>

/** An order has 256 KiB at most: so a page of them has 64 MiB, usually a tenth of one. */
const pageItems = 250
/** What is written ahead of the client. */
const aheadBytesMax = 64 * 1024

/**
 * The whole list as text, page by page, at the speed of whoever reads it. What can't be read at all rejects here, before
 * anything is sent; what fails later destroys the stream, so that its reader can tell a half from the whole.
 */
export async function openExport<Stored, Item>(source: ExportSource<Stored, Item>): Promise<Readable> {
  const pages = pagesOf(source)
  const first = await pages.next()
  return Readable.from(together(first, pages), { objectMode: false, highWaterMark: aheadBytesMax })
}

async function* together(first: IteratorResult<string>, rest: AsyncIterable<string>): AsyncGenerator<string, void> {
  if (first.done !== true) yield first.value
  yield* rest
}

async function* pagesOf<Stored, Item>(source: ExportSource<Stored, Item>): AsyncGenerator<string, void> {
  const { search, view, columns, format, onPage } = source
  let titles = format === 'csv' ? csvTitles(columns) : ''
  let cursor: string | null = null
  do {
    const page: Page<Stored> = await search({ limit: pageItems, ...(cursor !== null && { cursor }) })
    onPage?.()
    yield titles + linesOf(page.items.map(view), columns, format)
    titles = ''
    cursor = page.nextCursor
    // A store in this process answers at once: others get their turn.
    await setImmediate()
  } while (cursor !== null)
}

function linesOf<Item>(items: readonly Item[], columns: readonly CsvColumn<Item>[], format: ExportFormat): string {
  if (format === 'csv') return csvLines(columns, items)
  return items.map((item) => `${JSON.stringify(item)}\n`).join('')
}

export type Exports = Readonly<{
  /** @throws {OrdermillError} SERVER_UNAVAILABLE when too many run already */
  start: (open: () => Promise<Readable>) => Promise<Readable>
  /** Breaks off what still runs. */
  close: () => void
}>

/** The exports under way: each keeps pages in memory and the store busy. */
export function newExports(exportsMax: number): Exports {
  const running = new Set<Readable>()
  let places = exportsMax
  const isClosing = new AbortController()
  return {
    async start(open) {
      if (places === 0) throw tooMany(exportsMax)
      places -= 1
      try {
        const stream = await open()
        running.add(stream)
        stream.once('close', () => {
          running.delete(stream)
          places += 1
        })
        if (isClosing.signal.aborted) stream.destroy(brokenOff())
        return stream
      } catch (error) {
        places += 1
        throw error
      }
    },
    close() {
      isClosing.abort()
      for (const stream of running) stream.destroy(brokenOff())
    },
  }
}

function tooMany(exportsMax: number): OrdermillError {
  return new OrdermillError(
    'SERVER_UNAVAILABLE',
    `${exportsMax} exports run already: ask again when one of them has ended`,
  )
}

function brokenOff(): OrdermillError {
  return new OrdermillError('INTERRUPTED', 'the server stops: the export is not complete, ask for it again')
}
