/** One physical line, without its line feed. */
export type Line = Readonly<{
  /** From 1. */
  number: number
  /** Its beginning alone when it is longer than {@link lineBytesMax}. */
  bytes: Buffer
  /** Position behind its line feed. */
  end: number
  isTooLong: boolean
}>

/** Where reading goes on: bytes and lines that are done. */
export type Place = Readonly<{ bytes: number; lines: number }>

/** Four times what an order may have: a longer line is no order, and is not kept in memory. */
export const lineBytesMax = 1024 * 1024
/** Of a line that is too long, to show what it was. */
const keptBytes = 1024

const lineFeed = 0x0a
const byteOrderMark = Buffer.from([0xef, 0xbb, 0xbf])

/** Lines of the content from `place` on, as many at a time as a chunk holds. Memory is bounded whatever a line's length. */
export async function* readLines(content: AsyncIterable<Buffer>, place: Place): AsyncGenerator<readonly Line[]> {
  const pending = pendingLine()
  let { bytes: position, lines: number } = place
  const take = (terminatorBytes: number): Line => {
    const { bytes, length } = pending.take()
    number += 1
    position += length + terminatorBytes
    const isTooLong = length > lineBytesMax
    return { number, bytes: number === 1 ? withoutMark(bytes) : bytes, end: position, isTooLong }
  }
  for await (const chunk of content) {
    const lines: Line[] = []
    let start = 0
    for (let at = chunk.indexOf(lineFeed); at !== -1; at = chunk.indexOf(lineFeed, start)) {
      pending.add(chunk.subarray(start, at))
      lines.push(take(1))
      start = at + 1
    }
    pending.add(chunk.subarray(start))
    yield lines
  }
  if (pending.length() > 0) yield [take(0)]
}

/** A line whose end is not known yet. */
function pendingLine() {
  let parts: Buffer[] = []
  let length = 0
  return {
    length: () => length,
    add(part: Buffer): void {
      length += part.length
      if (length <= lineBytesMax) parts.push(part)
      else if (parts.length !== 1 || parts[0]?.length !== keptBytes) {
        parts = [Buffer.concat([...parts, part.subarray(0, keptBytes)]).subarray(0, keptBytes)]
      }
    },
    take(): Readonly<{ bytes: Buffer; length: number }> {
      const [only = Buffer.alloc(0)] = parts
      const taken = { bytes: parts.length > 1 ? Buffer.concat(parts) : only, length }
      parts = []
      length = 0
      return taken
    },
  }
}

function withoutMark(bytes: Buffer): Buffer {
  return bytes.subarray(0, byteOrderMark.length).equals(byteOrderMark) ? bytes.subarray(byteOrderMark.length) : bytes
}

const carriageReturn = 0x0d

/** The line as its writer meant it: some end lines with CR LF. */
export function withoutCarriageReturn(bytes: Buffer): Buffer {
  return bytes.at(-1) === carriageReturn ? bytes.subarray(0, -1) : bytes
}

/** Nothing but white space, which is no order and no fault. */
export function isBlank(bytes: Buffer): boolean {
  for (const byte of bytes) if (byte !== 0x20 && byte !== 0x09 && byte !== carriageReturn) return false
  return true
}
