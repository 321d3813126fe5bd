import { DatabaseSync } from 'node:sqlite'

export type FileLock = Readonly<{ release: () => void }>

/**
 * Takes a file for this process; undefined when another one has it for `timeoutMs`. A path is made if need be, a URL with
 * `mode=rw` is not.
 *
 * The lock is an exclusive transaction on a database of its own: the operating system drops it with the process, however
 * that ends, so a stale lock can not be.
 */
export function lockFile(file: string | URL, timeoutMs: number): FileLock | undefined {
  const database = new DatabaseSync(file, { timeout: timeoutMs })
  try {
    database.exec('BEGIN EXCLUSIVE')
    return { release: () => database.close() }
  } catch (cause) {
    database.close()
    if (isBusy(cause)) return undefined
    throw cause
  }
}

const sqliteBusy = 5

function isBusy(error: unknown): boolean {
  return error instanceof Error && 'errcode' in error && error.errcode === sqliteBusy
}
