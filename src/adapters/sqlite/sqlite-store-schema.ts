import type { DatabaseSync } from 'node:sqlite'
import { OrdermillError } from '../../errors.ts'
import { generations, generationSchema, lettersOfOrder, redrives } from './sqlite-store-generation-schema.ts'

/** Of `PRAGMA user_version`. A store with a greater one was written by a newer program. */
const schemaVersion = 2

/** What brings a store of an older version up to the next, by the version that it has. */
const migrations: Readonly<Record<number, string>> = {
  1: `${redrives('')}; DROP INDEX dead_letters_order; ${lettersOfOrder('')}; ${generations};`,
}

const schema = `
  ${generationSchema('')}
  ${generations};

  -- place: partition and topic of a position in one number (sqlite-store-places.ts).
  CREATE TABLE topics (serial INTEGER PRIMARY KEY, topic_id TEXT NOT NULL UNIQUE) STRICT;

  -- timestamp_ms, place, first_offset: of the order's first record. json: the received text of its newest entry.
  -- changes: JSON of all entries, NULL while there is only the first.
  CREATE TABLE orders (
    order_id INTEGER NOT NULL, identity_ms INTEGER NOT NULL,
    timestamp_ms INTEGER NOT NULL, place INTEGER NOT NULL, first_offset INTEGER NOT NULL, status INTEGER NOT NULL,
    customer_id INTEGER NOT NULL, amount_minor INTEGER NOT NULL, currency TEXT NOT NULL, country TEXT NOT NULL,
    created_at_ms INTEGER NOT NULL, era INTEGER NOT NULL, changes TEXT, json TEXT NOT NULL,
    PRIMARY KEY (order_id, identity_ms)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX orders_newest ON orders (timestamp_ms, place, first_offset);
  -- Behind an era (sqlite-store-eras.ts): without it these two would cost more than all the rest.
  CREATE INDEX orders_customer ON orders (era, customer_id, timestamp_ms, place, first_offset);
  CREATE INDEX orders_amount ON orders (era, currency, amount_minor);

  -- at_ms, place, first_offset, first_status: of the order's first record. settled_at_ms means nothing while PENDING.
  -- history: JSON of the whole ledger state, NULL while the columns of the first entry say it all.
  CREATE TABLE ledger (
    order_id INTEGER NOT NULL, identity_ms INTEGER NOT NULL,
    at_ms INTEGER NOT NULL, place INTEGER NOT NULL, first_offset INTEGER NOT NULL, first_status INTEGER NOT NULL,
    customer_id INTEGER NOT NULL, amount_minor INTEGER NOT NULL, currency TEXT NOT NULL, country TEXT NOT NULL,
    created_at_ms INTEGER NOT NULL, payment INTEGER NOT NULL, settled_at_ms INTEGER NOT NULL, history TEXT,
    PRIMARY KEY (order_id, identity_ms)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX ledger_newest ON ledger (at_ms, place, first_offset);

  CREATE TABLE counters (name TEXT NOT NULL PRIMARY KEY, value INTEGER NOT NULL) STRICT, WITHOUT ROWID;

  CREATE TABLE requests (
    seq INTEGER PRIMARY KEY, principal TEXT NOT NULL, idempotency_key TEXT NOT NULL, fingerprint TEXT NOT NULL,
    first_order_id INTEGER NOT NULL, at_ms INTEGER NOT NULL, response TEXT,
    UNIQUE (principal, idempotency_key)
  ) STRICT;
`

/** Makes the tables of a new store, and what an older one lacks. @throws {OrdermillError} DATA_CORRUPT for a file of a newer version */
export function prepareSchema(db: DatabaseSync, file: string): void {
  if (versionOf(db, file) === schemaVersion) return
  db.exec('BEGIN IMMEDIATE')
  try {
    // Somebody else may have made them while this process waited for the lock.
    const version = versionOf(db, file)
    if (version === 0) db.exec(schema)
    for (let from = version; from > 0 && from < schemaVersion; from += 1) db.exec(migrations[from] ?? '')
    db.exec(`PRAGMA user_version = ${schemaVersion}`)
    db.exec('COMMIT')
  } catch (error) {
    if (db.isTransaction) db.exec('ROLLBACK')
    throw error
  }
}

export function checkSchema(db: DatabaseSync, file: string): void {
  const version = versionOf(db, file)
  if (version === schemaVersion) return
  const state = version === 0 ? 'still empty' : 'of an older version'
  throw new OrdermillError('STORE_UNAVAILABLE', `the store ${file} is ${state}: start its writer first`)
}

function versionOf(db: DatabaseSync, file: string): number {
  const version = Number(db.prepare('PRAGMA user_version').get()?.['user_version'])
  if (version <= schemaVersion) return version
  const text = `the store ${file} has version ${version}, this program knows ${schemaVersion}: run the newer program`
  throw new OrdermillError('DATA_CORRUPT', text)
}
