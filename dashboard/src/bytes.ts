/**
 * A record's bytes as somebody can read them. Pure.
 */

/** 1 MiB of hex would be 4 MiB of text: more than that nobody reads, and the base64 can be copied whole. */
const hexBytesMax = 16 * 1024
const bytesPerLine = 16

/** Offset, 16 bytes, and what of them is printable ASCII, as `hexdump -C` does it. */
export function hexDump(base64: string): string {
  const text = atob(base64)
  const lines: string[] = []
  for (let at = 0; at < Math.min(text.length, hexBytesMax); at += bytesPerLine) {
    lines.push(hexLine(text.slice(at, at + bytesPerLine), at))
  }
  if (text.length > hexBytesMax) lines.push(`... ${text.length - hexBytesMax} bytes more`)
  return lines.join('\n')
}

function hexLine(chunk: string, at: number): string {
  const hex = Array.from(chunk, (char) => char.charCodeAt(0).toString(16).padStart(2, '0'))
  const halves = `${hex.slice(0, 8).join(' ')}  ${hex.slice(8).join(' ')}`.padEnd(3 * bytesPerLine)
  return `${at.toString(16).padStart(8, '0')}  ${halves} |${chunk.replaceAll(/[^ -~]/g, '.')}|`
}

/** Indented, or undefined when it isn't JSON. Figures that a double can't hold are shown as they are: as text. */
export function prettyJson(text: string | null): string | undefined {
  if (text === null) return undefined
  try {
    const value: unknown = JSON.parse(text)
    return losesDigits(text, value) ? undefined : JSON.stringify(value, null, 2)
  } catch {
    return undefined
  }
}

/** Whether writing the value again would change one of its numbers: 1.50 may become 1.5, 2^53 + 1 must not become 2^53. */
function losesDigits(text: string, value: unknown): boolean {
  const long = /(?<!["\w.])-?\d{16,}/.test(text)
  return long && JSON.stringify(value) !== text.replaceAll(/\s/g, '')
}

/** @param text which is sent as UTF-8 */
export function base64Of(text: string): string {
  return btoa(Array.from(new TextEncoder().encode(text), (byte) => String.fromCharCode(byte)).join(''))
}

/** Why a text is not JSON; undefined when it is. */
export function jsonFault(text: string): string | undefined {
  try {
    JSON.parse(text)
    return undefined
  } catch (error) {
    return error instanceof Error ? error.message : String(error)
  }
}
