import { DatabaseSync } from 'node:sqlite'
import type { OrderStore } from '../../../src/ports/order-store.ts'

/** A planted fault: whoever takes a shard over looks where it is, and claims nothing. */
export function withoutClaims(store: OrderStore, file: string): OrderStore {
  const rows = new DatabaseSync(file, { readOnly: true })
  const select = rows.prepare(
    `SELECT epoch, from_offset, next_offset FROM shards WHERE group_name = ? AND topic_id = ? AND shard_partition = ?`,
  )
  return {
    ...store,
    claim(shard, owner) {
      const row = select.get(shard.group, shard.topicId, shard.partition)
      if (!row) return store.claim(shard, owner)
      const [epoch = 0, from = 0, next = 0] = ['epoch', 'from_offset', 'next_offset'].map((name) => Number(row[name]))
      return Promise.resolve({ shard, epoch, from, next })
    },
  }
}
