import type { Rebuilds, RebuildStore } from '../../ports/rebuilds.ts'
import { isLive, noGeneration } from '../store/generations.ts'
import type { StoreDatabase } from './sqlite-store-database.ts'
import { generationSchema, generationTables, prefixOf } from './sqlite-store-generation-schema.ts'
import { sqliteLedger } from './sqlite-store-ledger.ts'
import { sqliteOrders } from './sqlite-store-orders.ts'
import { intOf, textOf } from './sqlite-store-rows.ts'
import type { SeriesLimit } from './sqlite-store-series.ts'
import { sqliteShards } from './sqlite-store-shards.ts'
import { sqliteViews } from './sqlite-store-views.ts'

export function sqliteRebuilds(db: StoreDatabase, limit: SeriesLimit): Rebuilds {
  const generations = sqliteGenerations(db)

  return {
    async openRebuild(id) {
      const serial = await db.write(() => {
        const known = generations.find(id)
        if (known?.isLive) throw isLive(id)
        return known?.serial ?? generations.create(id)
      })
      return rebuildStore(
        guarded(db, () => generations.find(id)?.serial === serial, id),
        prefixOf(serial),
        limit,
      )
    },

    switchTo: (id) =>
      db.write(() => {
        const known = generations.find(id)
        if (!known) throw noGeneration(id)
        if (!known.isLive) generations.makeLive(known.serial)
      }),

    dropRebuild: (id) =>
      db.write(() => {
        const known = generations.find(id)
        if (known?.isLive) throw isLive(id)
        if (known) generations.drop(known.serial)
      }),

    generation: () => db.read(generations.live),
  }
}

function rebuildStore(db: StoreDatabase, prefix: string, limit: SeriesLimit): RebuildStore {
  return {
    ...sqliteShards(db, prefix),
    ...sqliteOrders(db, { limit, prefix, isRebuild: true }),
    ...sqliteLedger(db, prefix),
    ...sqliteViews(db, prefix),
  }
}

/** Tables of a rebuild that was dropped or made live have no such names any more. */
function guarded(db: StoreDatabase, isThere: () => boolean, id: string): StoreDatabase {
  const checked =
    <Result>(run: () => Result) =>
    () => {
      if (isThere()) return run()
      throw noGeneration(id)
    }
  return { ...db, write: (run) => db.write(checked(run)), read: (run) => db.read(checked(run)) }
}

/** All of them but `live` only within a write. */
function sqliteGenerations(db: StoreDatabase) {
  const select = db.prepare('SELECT serial, is_live FROM generations WHERE id = ?')
  const selectLive = db.prepare('SELECT id FROM generations WHERE is_live = 1')
  const insert = db.prepare(`
    INSERT INTO generations (serial, id, is_live) VALUES ((SELECT max(serial) + 1 FROM generations), ?, 0) RETURNING serial`)
  const remove = db.prepare('DELETE FROM generations WHERE serial = ?')
  const removeLive = db.prepare('DELETE FROM generations WHERE is_live = 1')
  const raise = db.prepare('UPDATE generations SET is_live = 1 WHERE serial = ?')

  return {
    find(id: string) {
      const row = select.get(id)
      return row && { serial: intOf(row, 'serial'), isLive: intOf(row, 'is_live') === 1 }
    },
    live: () => textOf(selectLive.get() ?? {}, 'id'),
    create(id: string): number {
      const serial = intOf(insert.get(id) ?? {}, 'serial')
      db.exec(generationSchema(prefixOf(serial)))
      return serial
    },
    drop(serial: number) {
      for (const table of generationTables) db.exec(`DROP TABLE ${prefixOf(serial)}${table}`)
      remove.run(serial)
    },
    makeLive(serial: number) {
      const prefix = prefixOf(serial)
      db.exec(epochsAbove(prefix))
      for (const table of generationTables) {
        db.exec(`DROP TABLE ${table}; ALTER TABLE ${prefix}${table} RENAME TO ${table}`)
      }
      removeLive.run()
      raise.run(serial)
    },
  }
}

/**
 * Every claim that was taken of a shard, in either generation, is older than the next one. A shard that the rebuild did not
 * claim begins anew, as one that was claimed before all others.
 */
function epochsAbove(prefix: string): string {
  const place = ['group_name', 'topic', 'topic_id', 'shard_partition']
  const same = ['group_name', 'topic_id', 'shard_partition']
    .map((name) => `live.${name} = rebuilt.${name}`)
    .join(' AND ')
  return `
    UPDATE ${prefix}shards AS rebuilt
    SET epoch = 1 + max(epoch, ifnull((SELECT live.epoch FROM shards AS live WHERE ${same}), 0));
    INSERT INTO ${prefix}shards (${place.join(', ')}, epoch, owner, claimed, from_offset, next_offset)
    SELECT ${place.join(', ')}, epoch + 1, owner, claimed - (SELECT max(claimed) FROM shards), 0, 0
    FROM shards AS live WHERE NOT EXISTS (SELECT 1 FROM ${prefix}shards AS rebuilt WHERE ${same})`
}
