import { OrdermillError } from '../../errors.ts'

/** Primary result codes, https://sqlite.org/rescode.html: what a full disk, a lock or a broken medium make of a call. */
const unavailable = new Set([
  /* BUSY */ 5, /* LOCKED */ 6, /* NOMEM */ 7, /* READONLY */ 8, /* INTERRUPT */ 9, /* IOERR */ 10, /* FULL */ 13,
  /* CANTOPEN */ 14, /* PROTOCOL */ 15,
])
const corrupt = new Set([/* CORRUPT */ 11, /* NOTADB */ 26])

/** Runs `access` on the log's file; what SQLite throws becomes an OrdermillError. */
export function withLogErrors<Result>(file: string, access: () => Result): Result {
  try {
    return access()
  } catch (error) {
    throw logError(file, error)
  }
}

export function logError(file: string, cause: unknown): unknown {
  const code = resultCode(cause)
  if (code === undefined || !(cause instanceof Error)) return cause
  if (corrupt.has(code)) {
    const what = `The log ${file} is damaged (${cause.message})`
    return new OrdermillError('DATA_CORRUPT', `${what}: run \`ordermill doctor\`, or restore a backup.`, { cause })
  }
  if (!unavailable.has(code)) return cause
  const what = `The log ${file} can't be used now (${cause.message}); nothing was written`
  return new OrdermillError('LOG_UNAVAILABLE', `${what}. Check disk space and permissions, then try again.`, { cause })
}

function resultCode(error: unknown): number | undefined {
  if (!(error instanceof Error) || !('errcode' in error) || typeof error.errcode !== 'number') return undefined
  return error.errcode & 0xff
}

export function corruptChunk(
  file: string,
  { topic, partition, offset, why }: Readonly<{ topic: string; partition: number; offset: number; why: string }>,
): OrdermillError {
  const where = `topic ${topic}, partition ${partition}, offset ${offset}`
  return new OrdermillError('DATA_CORRUPT', `The log ${file} is damaged at ${where}: ${why}. Restore a backup.`)
}
