import assert from 'node:assert/strict'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { describe, it, type TestContext } from 'node:test'
import { checkSqliteLog } from '../../../src/adapters/sqlite/sqlite-log-check.ts'
import { openSqliteLog, type SqliteLogOptions } from '../../../src/adapters/sqlite/sqlite-log.ts'
import { hasCode } from '../../../src/errors.ts'
import type { Log, LogRecord } from '../../../src/ports/log.ts'
import { numbered, readPartition, readTopic, recordsOf, valueOf } from '../../support/log-harness.ts'
import { tempDir } from '../../support/temp.ts'
import { waitFor } from '../../support/wait-for.ts'

const topic = 'orders'

async function tempFile(t: TestContext): Promise<string> {
  return join(await tempDir(t), 'log.db')
}

/** Closed at the end of the test, before or after which it may be closed again. */
async function openLog(t: TestContext, options: SqliteLogOptions): Promise<Log> {
  const log = openSqliteLog(options)
  t.after(() => log.close())
  if (options.readOnly !== true) await log.createTopics([{ name: topic, partitions: 2, recordBytesMax: 1_000_000 }])
  return log
}

function damageIn(file: string): readonly string[] {
  return Array.from(checkSqliteLog(file)).flatMap((report) => (report.kind === 'damage' ? [report.message] : []))
}

describe('the file of the SQLite log', () => {
  it('tells where a byte of it has changed, and still reads the rest', async (t) => {
    const file = await tempFile(t)
    const log = await openLog(t, { file })
    await log.append(recordsOf(topic, numbered('intact', 10), 0))
    await log.append(recordsOf(topic, ['first'], 1))
    await log.append(recordsOf(topic, ['find-me'], 1))
    await log.close()
    assert.deepEqual(damageIn(file), [])

    const content = await readFile(file)
    content[content.indexOf('find-me')] = 'F'.charCodeAt(0)
    await writeFile(file, content)
    const again = await openLog(t, { file })
    assert.equal((await readPartition(again, topic, 0)).length, 10)
    await assert.rejects(readPartition(again, topic, 1), (error) => {
      assert.ok(hasCode(error, 'DATA_CORRUPT'))
      assert.ok(error.message.includes(file))
      assert.match(error.message, /topic orders, partition 1, offset 1/)
      return true
    })
    const damage = damageIn(file)
    assert.equal(damage.length, 1)
    assert.match(damage[0] ?? '', /topic orders, partition 1, offset 1: the checksum/)
  })

  it('is checked for missing records and impossible offsets, with progress', async (t) => {
    const file = await tempFile(t)
    const log = await openLog(t, { file })
    for (const value of numbered('v', 5)) await log.append(recordsOf(topic, [value], 0))
    await log.seek('g', [{ topic, partition: 0, offset: 5 }])
    await log.close()
    const db = new DatabaseSync(file)
    db.exec('DELETE FROM chunks WHERE first_offset IN (2, 4)')
    db.close()
    const damage = damageIn(file)
    assert.equal(damage.length, 2)
    assert.match(damage[0] ?? '', /partition 0, offset 3: offset 2 should follow/)
    assert.match(damage[1] ?? '', /group g has committed offset 5, which is beyond the end/)
    const progress = Array.from(checkSqliteLog(file)).filter(({ kind }) => kind === 'progress')
    assert.deepEqual(progress.at(-1), { kind: 'progress', chunksDone: 3, chunksTotal: 3 })
  })

  it('is refused when it is none of ours, or of a newer version', async (t) => {
    const file = await tempFile(t)
    await (await openLog(t, { file })).close()
    const newer = new DatabaseSync(file)
    newer.exec('PRAGMA user_version = 99')
    newer.close()
    const refused = (error: unknown): boolean => hasCode(error, 'CONFIG_INVALID')
    assert.throws(
      () => openSqliteLog({ file }),
      (error) => refused(error) && /newer version/.test(String(error)),
    )
    assert.throws(() => openSqliteLog({ file, readOnly: true }), refused)

    const foreign = `${file}-foreign`
    const other = new DatabaseSync(foreign)
    other.exec('CREATE TABLE theirs (a)')
    other.close()
    assert.throws(() => openSqliteLog({ file: foreign }), refused)

    const untouched = new DatabaseSync(foreign)
    assert.deepEqual(untouched.prepare('SELECT name FROM sqlite_schema').all().length, 1)
    untouched.close()

    const text = `${file}-text`
    await writeFile(text, 'not a database, and long enough to be taken for one'.repeat(100))
    assert.throws(
      () => openSqliteLog({ file: text }),
      (error) => hasCode(error, 'DATA_CORRUPT'),
    )
    assert.throws(
      () => Array.from(checkSqliteLog(text)),
      (error) => hasCode(error, 'DATA_CORRUPT'),
    )
  })

  it('holds nothing of an append that it had no room for, and goes on when there is room again', async (t) => {
    const file = await tempFile(t)
    const values = numbered('x'.repeat(1_000), 200)
    const records = [...recordsOf(topic, values, 0), ...recordsOf(topic, values, 1)]
    // Room for two appends and the first half of a third.
    const log = await openLog(t, { file, fileBytesMax: 1_100_000 })
    let appended = 0
    const fill = async (): Promise<void> => {
      for (;;) {
        await log.append(records)
        appended += values.length
      }
    }
    await assert.rejects(fill(), (error) => hasCode(error, 'LOG_UNAVAILABLE') && error.retryable)
    assert.equal(appended, 400)
    for (const partition of [0, 1]) assert.equal((await readPartition(log, topic, partition)).length, appended)
    await log.close()
    assert.deepEqual(damageIn(file), [])

    const roomier = await openLog(t, { file })
    await roomier.append(records)
    assert.equal((await readTopic(roomier, topic)).length, 2 * (appended + values.length))
  })

  it('has one writer: the log that was opened first is refused', async (t) => {
    const file = await tempFile(t)
    const first = await openLog(t, { file })
    await first.append(recordsOf(topic, ['a'], 0))
    const second = await openLog(t, { file })
    await assert.rejects(first.append(recordsOf(topic, ['b'], 0)), (error) => hasCode(error, 'DATA_DIR_LOCKED'))
    await second.append(recordsOf(topic, ['c'], 0))
    assert.deepEqual((await readTopic(second, topic)).map(valueOf), ['a', 'c'])
  })

  it('stores long appends and large records in several chunks, whatever the cache holds', async (t) => {
    const file = await tempFile(t)
    const log = await openLog(t, { file, cacheBytesMax: 1 })
    const large = { topic, key: null, value: new Uint8Array(600_000).fill(7), partition: 0 }
    await log.append([...recordsOf(topic, numbered('v', 2_500), 0), large, ...recordsOf(topic, ['last'], 0)])
    for (const reader of [log, await openLog(t, { file, readOnly: true })]) {
      const records = await readPartition(reader, topic, 0)
      assert.deepEqual(records.slice(0, 2_500).map(valueOf), numbered('v', 2_500))
      assert.deepEqual(records[2_500]?.value, large.value)
      assert.deepEqual(records.slice(2_501).map(valueOf), ['last'])
    }
  })

  it('is decoded once: groups of a process get the same records', async (t) => {
    const file = await tempFile(t)
    const log = await openLog(t, { file })
    await log.append(recordsOf(topic, numbered('v', 100), 0))
    const controller = new AbortController()
    const seen: LogRecord[][] = [[], []]
    const members = seen.map((records, index) =>
      log.transform(
        { group: `g${index}`, topics: [topic], recordsMax: 30, bytesMax: 10_000 },
        ({ slices }) => {
          records.push(...slices.flatMap((slice) => slice.records))
          return Promise.resolve([])
        },
        controller.signal,
      ),
    )
    await waitFor('both have read all', () => seen.every((records) => records.length === 100))
    controller.abort()
    await Promise.all(members)
    assert.ok(seen[0]?.every((record, index) => record === seen[1]?.[index]))
  })
})

describe('a second connection to the SQLite log', () => {
  it('sees what was written, as it is written', async (t) => {
    const file = await tempFile(t)
    const log = await openLog(t, { file })
    const reader = await openLog(t, { file, readOnly: true })
    await log.append(recordsOf(topic, numbered('v', 10), 0))
    assert.deepEqual(await readTopic(reader, topic), await readTopic(log, topic))
    const controller = new AbortController()
    const subscription = { group: 'g', topics: [topic], recordsMax: 4, bytesMax: 1_000 }
    const running = log.transform(
      subscription,
      async ({ slices }) => {
        assert.deepEqual(await reader.lag('g'), await log.lag('g'))
        return recordsOf(topic, slices[0]?.partition === 0 ? ['copy'] : [], 1)
      },
      controller.signal,
    )
    await waitFor('the reader sees all', async () => {
      const lag = await reader.lag('g')
      return lag.length === 2 && lag.every(({ committed, end }) => committed === end && end > 0)
    })
    controller.abort()
    await running
    assert.deepEqual(await reader.groups(), ['g'])
    assert.deepEqual(await reader.lag('g'), await log.lag('g'))
    await log.deleteTopic(topic)
    assert.deepEqual(await reader.topics(), [])
    await log.createTopics([{ name: topic, partitions: 1, recordBytesMax: 1_000 }])
    await log.append(recordsOf(topic, ['anew']))
    assert.deepEqual((await readTopic(reader, topic)).map(valueOf), ['anew'])
    assert.deepEqual(await reader.topics(), await log.topics())
  })

  it('refuses to write, and says who may', async (t) => {
    const file = await tempFile(t)
    await openLog(t, { file })
    const reader = await openLog(t, { file, readOnly: true })
    const { signal } = new AbortController()
    const subscription = { group: 'g', topics: [topic], recordsMax: 1, bytesMax: 1 }
    const attempts = [
      reader.append(recordsOf(topic, ['v'])),
      reader.transform(subscription, () => Promise.resolve([]), signal),
      reader.createTopics([]),
      reader.deleteTopic(topic),
      reader.seek('g', []),
    ]
    for (const attempt of attempts) {
      await assert.rejects(
        attempt,
        (error) => hasCode(error, 'LOG_UNAVAILABLE') && /holds the data dir/.test(error.message),
      )
    }
  })

  it('says that there is no log yet', async (t) => {
    const file = await tempFile(t)
    assert.throws(
      () => openSqliteLog({ file, readOnly: true }),
      (error) => hasCode(error, 'LOG_UNAVAILABLE'),
    )
  })
})
