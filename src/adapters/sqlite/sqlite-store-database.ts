import { DatabaseSync, type StatementSync } from 'node:sqlite'
import { storeError } from './sqlite-store-errors.ts'
import { checkSchema, prepareSchema } from './sqlite-store-schema.ts'

/** A connection whose failures are OrdermillErrors. SQLite is synchronous: a promise settles before it is returned. */
export type StoreDatabase = Readonly<{
  prepare: (sql: string) => StatementSync
  /** Statements without values, for a change of the schema; only within a write. */
  exec: (sql: string) => void
  /** All that `run` writes, or nothing. Waits for another process's write first. */
  write: <Result>(run: () => Result) => Promise<Result>
  /** All that `run` reads is of one moment. */
  read: <Result>(run: () => Result) => Promise<Result>
  /** How many transactions this connection wrote. */
  writes: () => number
  close: () => Promise<void>
}>

/** Larger than SQLite's default: measured 1.3 times the inserts, since most of them are to pages that are filled in order. */
const pageBytes = 16_384
const defaultBusyTimeoutMs = 5_000
/** Pages that a commit leaves in the write-ahead log before it moves them to the file: 32 MiB. */
const walPagesMax = 2_048
const walBytesMax = 64 * 1024 * 1024
/** A writer comes back to the pages of the newest orders; a reader mostly reads a few by key. */
const writerCacheKiB = 24 * 1024
const readerCacheKiB = 8 * 1024

const pragmas = `
  PRAGMA page_size = ${pageBytes};
  PRAGMA journal_mode = WAL;
  PRAGMA synchronous = NORMAL;
  PRAGMA wal_autocheckpoint = ${walPagesMax};
  PRAGMA journal_size_limit = ${walBytesMax};
`

export type ConnectOptions = Readonly<{ readOnly?: boolean; busyTimeoutMs?: number }>

export function openStoreDatabase(file: string, options: ConnectOptions): StoreDatabase {
  const db = connect(file, options)
  let writes = 0

  function transaction<Result>(begin: string, run: () => Result): Result {
    db.exec(begin)
    try {
      const result = run()
      db.exec('COMMIT')
      return result
    } catch (error) {
      if (db.isTransaction) db.exec('ROLLBACK')
      throw error
    }
  }

  return {
    prepare: (sql) => db.prepare(sql),
    exec: (sql) => db.exec(sql),
    write: (run) =>
      promised(file, () => {
        const result = transaction('BEGIN IMMEDIATE', run)
        writes += 1
        return result
      }),
    read: (run) => promised(file, () => transaction('BEGIN', run)),
    writes: () => writes,
    close: () => promised(file, () => db.close()),
  }
}

function connect(file: string, options: ConnectOptions): DatabaseSync {
  const { readOnly = false, busyTimeoutMs = defaultBusyTimeoutMs } = options
  let db: DatabaseSync | undefined
  try {
    db = new DatabaseSync(file, { readOnly, timeout: busyTimeoutMs })
    db.exec(`PRAGMA cache_size = -${readOnly ? readerCacheKiB : writerCacheKiB}`)
    if (!readOnly) db.exec(pragmas)
    if (readOnly) checkSchema(db, file)
    else prepareSchema(db, file)
    return db
  } catch (error) {
    db?.close()
    throw storeError(error, file)
  }
}

function promised<Result>(file: string, run: () => Result): Promise<Result> {
  try {
    return Promise.resolve(run())
  } catch (error) {
    const reason = storeError(error, file)
    return Promise.reject(reason instanceof Error ? reason : new Error(String(reason)))
  }
}
