import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { openSqliteStore } from '../../../src/adapters/sqlite/sqlite-store.ts'
import type { Mark, OpenStore } from './tortured-store.ts'

const marksSql = `SELECT group_name AS 'group', topic, topic_id AS topicId, shard_partition AS 'partition',
  epoch, from_offset AS 'from', next_offset AS next, ifnull(batch_id, '') AS batchId FROM shards`

/** The file that all processes of a host share. */
export const openSqliteTorturedStore: OpenStore = async (directory) => {
  const file = join(directory, 'store-kafka.db')
  await openSqliteStore({ file }).close()
  const reader = openSqliteStore({ file, readOnly: true })
  const rows = new DatabaseSync(file, { readOnly: true })
  const select = rows.prepare(marksSql)
  return {
    environment: { ORDERMILL_STORE: 'sqlite', ORDERMILL_DATA_DIR: directory },
    reader,
    sorts: true,
    marks: () => Promise.resolve(select.all().map(markOf)),
    async close() {
      rows.close()
      await reader.close()
    },
  }
}

function markOf(row: Readonly<Record<string, unknown>>): Mark {
  const [partition = 0, epoch = 0, from = 0, next = 0] = ['partition', 'epoch', 'from', 'next'].map((name) =>
    Number(row[name]),
  )
  const [group = '', topic = '', topicId = '', batchId = ''] = ['group', 'topic', 'topicId', 'batchId'].map((name) =>
    String(row[name]),
  )
  return { shard: { group, topic, topicId, partition }, epoch, from, next, batchId }
}
