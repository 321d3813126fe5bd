import { DatabaseSync } from 'node:sqlite'
import { OrdermillError } from '../../errors.ts'

const version = 1
/** "OMLG": tells this file from other SQLite files. */
const applicationId = 0x4f4d4c47
/** How long another connection's write is waited for. The event loop stands still meanwhile. */
const busyTimeoutMs = 1_000
/** Chunks are up to 256 KiB: larger pages mean fewer frames to write and to check. */
const pageBytes = 8_192
/** Write-ahead pages before they are moved into the file: 16 MiB, which holds the event loop up for a few frames. */
const checkpointPages = 2_048
/** The write-ahead log's file is cut back to this after a checkpoint. */
const journalBytesMax = 64 * 1024 * 1024

const schema = `
  CREATE TABLE topics (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    id TEXT NOT NULL UNIQUE,
    name TEXT NOT NULL UNIQUE,
    partitions INTEGER NOT NULL,
    retention_ms INTEGER,
    record_bytes_max INTEGER NOT NULL
  ) STRICT;
  CREATE TABLE chunks (
    number INTEGER PRIMARY KEY,
    topic INTEGER NOT NULL,
    partition INTEGER NOT NULL,
    first_offset INTEGER NOT NULL,
    next_offset INTEGER NOT NULL,
    timestamp_ms INTEGER NOT NULL,
    crc32 INTEGER NOT NULL,
    payload BLOB NOT NULL
  ) STRICT;
  CREATE UNIQUE INDEX chunks_by_offset ON chunks (topic, partition, first_offset);
  CREATE TABLE offsets (
    group_name TEXT NOT NULL,
    topic INTEGER NOT NULL,
    partition INTEGER NOT NULL,
    next_offset INTEGER NOT NULL,
    PRIMARY KEY (group_name, topic, partition)
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE subscriptions (group_name TEXT PRIMARY KEY, topics TEXT NOT NULL) STRICT, WITHOUT ROWID;
  CREATE TABLE writer (epoch INTEGER NOT NULL) STRICT;
  INSERT INTO writer VALUES (0);
  PRAGMA application_id = ${applicationId};
  PRAGMA user_version = ${version};
`

/** The log's file, made if need be. Commits survive a power cut (`synchronous = FULL`). */
export function openForWriting(file: string): DatabaseSync {
  const db = new DatabaseSync(file, { timeout: busyTimeoutMs })
  return closingOnError(db, () => {
    if (!isEmpty(db)) checkVersion(db, file)
    db.exec(`PRAGMA page_size = ${pageBytes}`)
    db.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL')
    db.exec(`PRAGMA wal_autocheckpoint = ${checkpointPages}; PRAGMA journal_size_limit = ${journalBytesMax}`)
    // Two processes may come here at once: the second finds the tables of the first.
    db.exec('BEGIN IMMEDIATE')
    if (isEmpty(db)) db.exec(schema)
    db.exec('COMMIT')
    checkVersion(db, file)
    return db
  })
}

/** A connection that reads while another one, perhaps in another thread, writes. */
export function openForReading(file: string): DatabaseSync {
  const db = new DatabaseSync(file, { timeout: busyTimeoutMs, readOnly: true })
  return closingOnError(db, () => {
    if (isEmpty(db)) {
      const what = `The log ${file} is being made by another process`
      throw new OrdermillError('LOG_UNAVAILABLE', `${what}: try again in a moment.`)
    }
    checkVersion(db, file)
    return db
  })
}

export function limitFile(db: DatabaseSync, bytesMax: number): void {
  db.exec(`PRAGMA max_page_count = ${Math.floor(bytesMax / pageBytes)}`)
}

export function closingOnError<Result>(db: DatabaseSync, prepare: () => Result): Result {
  try {
    return prepare()
  } catch (error) {
    db.close()
    throw error
  }
}

function isEmpty(db: DatabaseSync): boolean {
  return db.prepare('SELECT 1 FROM sqlite_schema').get() === undefined
}

function versionOf(db: DatabaseSync): number {
  return Number(db.prepare('PRAGMA user_version').get()?.['user_version'])
}

function checkVersion(db: DatabaseSync, file: string): void {
  if (Number(db.prepare('PRAGMA application_id').get()?.['application_id']) !== applicationId) {
    const what = `${file} is an SQLite file, but not a log of Ordermill`
    throw new OrdermillError('CONFIG_INVALID', `${what}: choose another data directory.`)
  }
  if (versionOf(db) <= version) return
  const what = `The log ${file} was written by a newer version of Ordermill (format ${versionOf(db)}, this one knows ${version})`
  throw new OrdermillError('CONFIG_INVALID', `${what}: run that version, or choose another data directory.`)
}
