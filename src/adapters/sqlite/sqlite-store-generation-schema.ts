/**
 * Tables of the read model that a rebuild makes anew beside the live ones, which have no prefix: a switch renames them. A
 * statement on the live tables is as it would be without rebuilds, and follows a switch with the next transaction.
 */
export const generationTables = ['shards', 'series', 'alerts', 'dead_letters', 'redrives'] as const

/** Of the tables of a rebuild, and for ever of its indexes: those of a renamed table keep their names. */
export function prefixOf(serial: number): string {
  return `g${serial}_`
}

/** A rebuild has the tables with the prefix of its serial; the live generation has those without. */
export const generations = `
  CREATE TABLE generations (serial INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, is_live INTEGER NOT NULL) STRICT;
  INSERT INTO generations (serial, id, is_live) VALUES (0, '', 1)`

export function lettersOfOrder(prefix: string): string {
  const columns = `${prefix}dead_letters (order_id, timestamp_ms)`
  return `CREATE INDEX ${prefix}dead_letters_order ON ${columns} WHERE order_id IS NOT NULL`
}

/** Kept apart from the letters: a redrive may be read before its letter. redrive: JSON of it. */
export function redrives(prefix: string): string {
  return `
  CREATE TABLE ${prefix}redrives (
    letter_id TEXT NOT NULL PRIMARY KEY, at_ms INTEGER NOT NULL, redrive_offset INTEGER NOT NULL, redrive TEXT NOT NULL
  ) STRICT, WITHOUT ROWID`
}

export function generationSchema(prefix: string): string {
  return `
  CREATE TABLE ${prefix}shards (
    shard_id INTEGER PRIMARY KEY,
    group_name TEXT NOT NULL, topic TEXT NOT NULL, topic_id TEXT NOT NULL, shard_partition INTEGER NOT NULL,
    epoch INTEGER NOT NULL, owner TEXT NOT NULL, claimed INTEGER NOT NULL,
    from_offset INTEGER NOT NULL, next_offset INTEGER NOT NULL, batch_id TEXT,
    -- JSON of what the group counted, each by its own kind of apply.
    totals TEXT, tally TEXT, views TEXT,
    UNIQUE (group_name, topic_id, shard_partition)
  ) STRICT;

  CREATE TABLE ${prefix}series (
    start_ms INTEGER NOT NULL, currency TEXT NOT NULL, order_count INTEGER NOT NULL,
    -- Decimal text: a minute's sum may be beyond 64 bits.
    sales_minor TEXT NOT NULL,
    PRIMARY KEY (start_ms, currency)
  ) STRICT, WITHOUT ROWID;

  CREATE TABLE ${prefix}alerts (
    order_id INTEGER NOT NULL, identity_ms INTEGER NOT NULL, reason TEXT NOT NULL, timestamp_ms INTEGER NOT NULL,
    currency TEXT NOT NULL, amount_minor INTEGER NOT NULL, country TEXT NOT NULL, created_at_ms INTEGER NOT NULL,
    PRIMARY KEY (order_id, identity_ms, reason)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX ${prefix}alerts_newest ON ${prefix}alerts (timestamp_ms);

  CREATE TABLE ${prefix}dead_letters (
    id TEXT NOT NULL PRIMARY KEY, timestamp_ms INTEGER NOT NULL, order_id INTEGER,
    group_name TEXT NOT NULL, code TEXT NOT NULL,
    -- JSON of the whole letter.
    letter TEXT NOT NULL
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX ${prefix}dead_letters_newest ON ${prefix}dead_letters (timestamp_ms);
  ${lettersOfOrder(prefix)};

  ${redrives(prefix)};
`
}
