import type { DatabaseSync } from 'node:sqlite'
import { OrdermillError } from '../../errors.ts'

/** Of `PRAGMA user_version`. A store with a greater one was written by a newer program. */
const schemaVersion = 2

/** Kept apart from the letters: a redrive may be read before its letter. redrive: JSON of it. */
const redrives = `
  CREATE TABLE redrives (
    letter_id TEXT NOT NULL PRIMARY KEY, at_ms INTEGER NOT NULL, redrive_offset INTEGER NOT NULL, redrive TEXT NOT NULL
  ) STRICT, WITHOUT ROWID`

const lettersOfOrder =
  'CREATE INDEX dead_letters_order ON dead_letters (order_id, timestamp_ms) WHERE order_id IS NOT NULL'

/** What brings a store of an older version up to the next, by the version that it has. */
const migrations: Readonly<Record<number, string>> = {
  1: `${redrives}; DROP INDEX dead_letters_order; ${lettersOfOrder}`,
}

const schema = `
  CREATE TABLE shards (
    shard_id INTEGER PRIMARY KEY,
    group_name TEXT NOT NULL, topic TEXT NOT NULL, topic_id TEXT NOT NULL, shard_partition INTEGER NOT NULL,
    epoch INTEGER NOT NULL, owner TEXT NOT NULL, claimed INTEGER NOT NULL,
    from_offset INTEGER NOT NULL, next_offset INTEGER NOT NULL, batch_id TEXT,
    -- JSON of what the group counted, each by its own kind of apply.
    totals TEXT, tally TEXT, views TEXT,
    UNIQUE (group_name, topic_id, shard_partition)
  ) STRICT;

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

  CREATE TABLE series (
    start_ms INTEGER NOT NULL, currency TEXT NOT NULL, order_count INTEGER NOT NULL,
    -- Decimal text: a minute's sum may be beyond 64 bits.
    sales_minor TEXT NOT NULL,
    PRIMARY KEY (start_ms, currency)
  ) STRICT, WITHOUT ROWID;

  CREATE TABLE alerts (
    order_id INTEGER NOT NULL, identity_ms INTEGER NOT NULL, reason TEXT NOT NULL, timestamp_ms INTEGER NOT NULL,
    currency TEXT NOT NULL, amount_minor INTEGER NOT NULL, country TEXT NOT NULL, created_at_ms INTEGER NOT NULL,
    PRIMARY KEY (order_id, identity_ms, reason)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX alerts_newest ON alerts (timestamp_ms);

  CREATE TABLE dead_letters (
    id TEXT NOT NULL PRIMARY KEY, timestamp_ms INTEGER NOT NULL, order_id INTEGER,
    group_name TEXT NOT NULL, code TEXT NOT NULL,
    -- JSON of the whole letter.
    letter TEXT NOT NULL
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX dead_letters_newest ON dead_letters (timestamp_ms);
  ${lettersOfOrder};

  ${redrives};

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
