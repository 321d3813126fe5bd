import type { AsOf } from '../../ports/order-book.ts'
import type { OrderQueries } from '../../ports/order-queries.ts'
import type { Progress, ShardKey, Shards } from '../../ports/shards.ts'
import { asOfShards } from '../store/as-of.ts'
import type { ShardMark } from '../store/claim.ts'
import { countsOf, type StoredCounts } from '../store/shard-summary.ts'
import type { StoreDatabase } from './sqlite-store-database.ts'
import { intOf, restoreJson, textOf, textOrNull, type Row } from './sqlite-store-rows.ts'

/** Columns of `shards` that hold what a group counted, as JSON. */
export type SumColumn = 'totals' | 'tally' | 'views'

/** @param prefix of the generation's tables, here and below */
export function sqliteShards(db: StoreDatabase, prefix = ''): Shards & Pick<OrderQueries, 'shards'> {
  const select = db.prepare(`
    SELECT group_name, topic, topic_id, shard_partition, epoch, owner, from_offset, next_offset,
      json_object('totals', json(totals), 'tally', json(tally), 'views', json(views)) AS counts
    FROM ${prefix}shards ORDER BY claimed`)
  const upsert = db.prepare(`
    INSERT INTO ${prefix}shards (group_name, topic, topic_id, shard_partition, epoch, owner, claimed, from_offset, next_offset)
    VALUES (?, ?, ?, ?, 1, ?, (SELECT ifnull(max(claimed), 0) + 1 FROM ${prefix}shards), 0, 0)
    ON CONFLICT (group_name, topic_id, shard_partition)
    DO UPDATE SET epoch = epoch + 1, owner = excluded.owner, claimed = excluded.claimed
    RETURNING epoch, from_offset, next_offset`)

  return {
    claim: (shard, owner) =>
      db.write(() => {
        const row = upsert.get(shard.group, shard.topic, shard.topicId, shard.partition, owner) ?? {}
        return { shard, epoch: intOf(row, 'epoch'), from: intOf(row, 'from_offset'), next: intOf(row, 'next_offset') }
      }),

    shards: () =>
      db.read(() =>
        select.all().map((row) => {
          const { next, ...place } = placeOf(row)
          return {
            shard: { group: textOf(row, 'group_name'), ...place },
            epoch: intOf(row, 'epoch'),
            owner: textOf(row, 'owner'),
            from: intOf(row, 'from_offset'),
            next,
            ...countsOf(restoreJson<StoredCounts>(textOf(row, 'counts'))),
          }
        }),
      ),
  }
}

/** Both run in the transaction of the apply, which holds the write lock from its begin: no swap can come between. */
export type ShardSum = Readonly<{
  /** `sum` is JSON, undefined before the first apply. */
  read: (shard: ShardKey) => (ShardMark & Readonly<{ sum: string | undefined }>) | undefined
  move: (shard: ShardKey, progress: Progress, sum: string) => void
}>

export function sqliteShardSum(db: StoreDatabase, column: SumColumn, prefix = ''): ShardSum {
  const where = 'group_name = ? AND topic_id = ? AND shard_partition = ?'
  const select = db.prepare(`SELECT epoch, next_offset, batch_id, ${column} AS sum FROM ${prefix}shards WHERE ${where}`)
  const update = db.prepare(
    `UPDATE ${prefix}shards SET from_offset = ?, next_offset = ?, batch_id = ?, ${column} = ? WHERE ${where}`,
  )

  return {
    read({ group, topicId, partition }) {
      const row = select.get(group, topicId, partition)
      if (!row) return undefined
      const batchId = textOrNull(row, 'batch_id')
      const sum = textOrNull(row, 'sum') ?? undefined
      return { epoch: intOf(row, 'epoch'), next: intOf(row, 'next_offset'), batchId, sum }
    },
    move({ group, topicId, partition }, { from, next, batchId }, sum) {
      update.run(from, next, batchId, sum, group, topicId, partition)
    },
  }
}

/** The sums of every shard that ever counted in `column`, and where its groups are on the topics as they exist now. */
export function sqliteSums(
  db: StoreDatabase,
  column: SumColumn,
  prefix = '',
): () => Readonly<{ sums: string[]; asOf: AsOf }> {
  // One statement, so that sums and offsets are of one moment.
  const select = db.prepare(`
    SELECT topic, topic_id, shard_partition, next_offset, ${column} AS sum FROM ${prefix}shards
    WHERE group_name IN (SELECT group_name FROM ${prefix}shards WHERE ${column} IS NOT NULL) ORDER BY claimed DESC`)

  return () => {
    const rows = select.all()
    const sums = rows.map((row) => textOrNull(row, 'sum')).filter((sum) => sum !== null)
    return { sums, asOf: asOfShards(rows.map(placeOf)) }
  }
}

function placeOf(row: Row) {
  return {
    topic: textOf(row, 'topic'),
    topicId: textOf(row, 'topic_id'),
    partition: intOf(row, 'shard_partition'),
    next: intOf(row, 'next_offset'),
  }
}
