/**
 * Start of the tumbling window that holds `atMs`.
 *
 * Windows are half-open, `[start, start + sizeMs)`, and aligned to the Unix epoch, so every process and every replay
 * agrees on them: with `sizeMs` 60_000, 10:30:59.999 is in 10:30:00.000.
 *
 * @param atMs event time, whole milliseconds since the Unix epoch; before 1970 it is negative
 * @param sizeMs window length in whole milliseconds, 1 or more
 * @returns a multiple of `sizeMs`, at most `atMs`
 * @throws {RangeError} if either argument is out of its range: a bug in the caller, never bad input
 * @see Kafka Streams `TimeWindows`: the same alignment when advance equals size
 */
export function windowStart(atMs: number, sizeMs: number): number {
  if (!Number.isSafeInteger(atMs)) throw new RangeError(`atMs must be whole milliseconds, got ${atMs}`)
  if (!Number.isSafeInteger(sizeMs) || sizeMs < 1) throw new RangeError(`sizeMs must be 1 or more, got ${sizeMs}`)
  return Math.floor(atMs / sizeMs) * sizeMs
}

export const minuteMs = 60_000
export const hourMs = 60 * minuteMs
export const dayMs = 24 * hourMs
