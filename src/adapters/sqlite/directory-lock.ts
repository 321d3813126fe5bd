import { existsSync, mkdirSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { OrdermillError } from '../../errors.ts'
import { lockFile, type FileLock } from './file-lock.ts'

const lockName = 'ordermill.lock'
/** A command that asks whether the directory is locked holds the lock for a moment itself. */
const lockTimeoutMs = 500

/**
 * Takes a data directory for this process, making it if need be.
 *
 * @throws {OrdermillError} DATA_DIR_LOCKED when another process has it, CONFIG_INVALID when it can't be made or written
 */
export function lockDirectory(directory: string): FileLock {
  const lock = takeLock(directory)
  if (lock) return lock
  throw new OrdermillError(
    'DATA_DIR_LOCKED',
    `another process uses the data directory ${directory} ("ordermill doctor" says which): stop it, or set ORDERMILL_DATA_DIR ` +
      'to another one',
  )
}

/**
 * Makes a data directory that several processes share, if need be.
 *
 * @throws {OrdermillError} CONFIG_INVALID when it can't be made
 */
export function shareDirectory(directory: string): void {
  try {
    makeDirectory(directory)
  } catch (cause) {
    throw unusable(directory, cause)
  }
}

function takeLock(directory: string): FileLock | undefined {
  try {
    makeDirectory(directory)
    return lockFile(join(directory, lockName), lockTimeoutMs)
  } catch (cause) {
    throw unusable(directory, cause)
  }
}

function unusable(directory: string, cause: unknown): OrdermillError {
  const reason = cause instanceof Error ? cause.message : String(cause)
  const what = `the data directory ${directory} can't be used (${reason})`
  return new OrdermillError('CONFIG_INVALID', `${what}: set ORDERMILL_DATA_DIR to another one`, { cause })
}

/** Whether some process holds the directory now. */
export function isDirectoryLocked(directory: string): boolean {
  try {
    lockDirectory(directory).release()
    return false
  } catch (error) {
    if (error instanceof OrdermillError && error.code === 'DATA_DIR_LOCKED') return true
    throw error
  }
}

/** Not Node's own `recursive`, which never returns below a directory that takes no files, such as /proc. */
function makeDirectory(directory: string): void {
  if (existsSync(directory)) return
  makeDirectory(dirname(directory))
  try {
    mkdirSync(directory)
  } catch (error) {
    // Another process that starts at the same time was first.
    if (!existsSync(directory)) throw error
  }
}
