import { entryOf, placeOf, tooLongEntry, type Entry } from './entry.ts'
import { isBlank, withoutCarriageReturn, type Line } from './lines.ts'

/** One order a line; its bytes are appended as they are. */
export async function* ndjsonEntries(content: AsyncIterable<readonly Line[]>): AsyncGenerator<readonly Entry[]> {
  for await (const lines of content) {
    const entries: Entry[] = []
    for (const line of lines) {
      if (line.isTooLong) entries.push(tooLongEntry(line))
      else if (!isBlank(line.bytes)) entries.push(entryOf(placeOf(line), withoutCarriageReturn(line.bytes)))
    }
    yield entries
  }
}
