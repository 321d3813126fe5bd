import type { LogRecord, NewRecord } from '../../ports/log.ts'

/** Key, value and headers, names included. */
export function recordBytes({ key, value, headers }: NewRecord | LogRecord): number {
  let bytes = (key?.length ?? 0) + (value?.length ?? 0)
  if (headers === undefined) return bytes
  for (const [name, content] of headers) bytes += Buffer.byteLength(name) + content.length
  return bytes
}
