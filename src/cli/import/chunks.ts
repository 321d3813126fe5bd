import type { Entry, Refused } from './entry.ts'
import type { Place } from './lines.ts'

export type ImportedOrder = Extract<Entry, { kind: 'order' }>

/** Some lines of the file, which are appended together. `end` is where reading goes on behind them. */
export type Chunk = Readonly<{
  /** Of its first line. */
  line: number
  end: Place
  orders: readonly ImportedOrder[]
  refused: readonly Refused[]
}>

export type ChunkLimits = Readonly<{ entriesMax: number; bytesMax: number }>

/** Cuts entries into chunks: the same file from the same line on is cut in the same places every time. */
export async function* cutChunks(
  content: AsyncIterable<readonly Entry[]>,
  { entriesMax, bytesMax }: ChunkLimits,
): AsyncGenerator<Chunk> {
  let entries: Entry[] = []
  let bytes = 0
  for await (const batch of content) {
    for (const entry of batch) {
      const size = entryBytes(entry)
      if (entries.length > 0 && (entries.length === entriesMax || bytes + size > bytesMax)) {
        yield chunkOf(entries)
        entries = []
        bytes = 0
      }
      entries.push(entry)
      bytes += size
    }
  }
  if (entries.length > 0) yield chunkOf(entries)
}

function entryBytes(entry: Entry): number {
  return entry.kind === 'order' ? entry.json.byteLength : entry.bytes.byteLength
}

function chunkOf(entries: readonly Entry[]): Chunk {
  const last = entries.at(-1)
  return {
    line: entries[0]?.line ?? 0,
    end: { bytes: last?.end ?? 0, lines: last?.lines ?? 0 },
    orders: entries.filter((entry) => entry.kind === 'order'),
    refused: entries.filter((entry) => entry.kind === 'refused'),
  }
}
