import assert from 'node:assert/strict'
import { copyFileSync, mkdirSync, statSync, truncateSync } from 'node:fs'
import { join } from 'node:path'
import { describe, it, type TestContext } from 'node:test'
import { openSqliteLog } from '../../src/adapters/sqlite/sqlite-log.ts'
import { openSqliteStore } from '../../src/adapters/sqlite/sqlite-store.ts'
import { seededRandom } from '../../src/domain/random.ts'
import { OrdermillError } from '../../src/errors.ts'
import { readTopic, textOf } from '../support/log-harness.ts'
import { orderRecord } from '../support/order-json.ts'
import { openRig } from '../support/pipeline-rig.ts'
import { tempDir } from '../support/temp.ts'

const appends = 40
const ordersPerAppend = 5
const cuts = 40

/** The files as a kill leaves them: copied while their engine has them open. */
async function killedDirectory(t: TestContext): Promise<string> {
  const directory = await tempDir(t)
  const log = openSqliteLog({ file: join(directory, 'log.db') })
  const store = openSqliteStore({ file: join(directory, 'store.db') })
  t.after(async () => {
    await store.close()
    await log.close()
  })
  const rig = await openRig({ log, store })
  for (let append = 0; append < appends; append += 1) {
    const first = append * ordersPerAppend + 1
    await rig.append(...Array.from({ length: ordersPerAppend }, (_, index) => orderRecord(first + index)))
  }
  await rig.run('analytics')
  return directory
}

function copyOf(directory: string, name: string): string {
  const copy = join(directory, name)
  mkdirSync(copy)
  for (const file of ['log.db', 'log.db-wal', 'store.db', 'store.db-wal']) {
    copyFileSync(join(directory, file), join(copy, file))
  }
  return copy
}

describe('a log whose last writes were cut off at any byte', () => {
  it('opens, and holds whole appends from the first to some other, and nothing else', async (t) => {
    const directory = await killedDirectory(t)
    const random = seededRandom(1)
    const lengths = new Set<number>()
    for (let cut = 0; cut < cuts; cut += 1) {
      const copy = copyOf(directory, `cut-${cut}`)
      const wal = join(copy, 'log.db-wal')
      truncateSync(wal, Math.floor(random() * statSync(wal).size))
      const log = openSqliteLog({ file: join(copy, 'log.db') })
      const keys = (await readTopic(log, 'orders')).map(({ key }) => textOf(key))
      await log.close()
      assert.equal(keys.length % ordersPerAppend, 0)
      assert.deepEqual(
        keys,
        Array.from({ length: keys.length }, (_, index) => `${index + 1}`),
      )
      lengths.add(keys.length)
    }
    assert.ok(lengths.size > 5, 'the cuts fell in different places')
  })

  it('is refused by a store that has counted what is gone', async (t) => {
    const copy = copyOf(await killedDirectory(t), 'copy')
    const wal = join(copy, 'log.db-wal')
    truncateSync(wal, Math.floor(statSync(wal).size / 2))
    const log = openSqliteLog({ file: join(copy, 'log.db') })
    const store = openSqliteStore({ file: join(copy, 'store.db') })
    try {
      const rig = await openRig({ log, store })
      await rig.append(orderRecord(1_000))
      await assert.rejects(
        rig.run('analytics'),
        (error) => error instanceof OrdermillError && error.code === 'STORE_AHEAD',
      )
    } finally {
      await store.close()
      await log.close()
    }
  })
})
