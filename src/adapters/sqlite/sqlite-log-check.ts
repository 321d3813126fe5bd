import type { DatabaseSync } from 'node:sqlite'
import { hasCode } from '../../errors.ts'
import { verifyChunk } from './sqlite-log-chunk.ts'
import { logError, withLogErrors } from './sqlite-log-errors.ts'
import { blob, chunkRow, integer, text, type Row } from './sqlite-log-rows.ts'
import { openForReading } from './sqlite-log-schema.ts'

/** How many chunks between two reports of progress. */
const progressEvery = 100

export type LogCheckReport =
  | Readonly<{ kind: 'progress'; chunksDone: number; chunksTotal: number }>
  | Readonly<{ kind: 'damage'; message: string }>

/**
 * Reads the whole log and reports what is wrong with it, beside a running writer or without one. No damage reported: the
 * file's structure is sound, every record is what was written, and offsets have no gaps.
 *
 * @throws {OrdermillError} LOG_UNAVAILABLE or DATA_CORRUPT when the file can't be opened at all
 */
export function* checkSqliteLog(file: string): Generator<LogCheckReport> {
  const db = withLogErrors(file, () => openForReading(file))
  try {
    // One moment for all of it: a writer goes on meanwhile.
    db.exec('BEGIN')
    yield* checkStructure(db)
    yield* checkChunks(db)
    yield* checkOffsets(db)
  } catch (error) {
    const known = logError(file, error)
    if (!hasCode(known, 'DATA_CORRUPT')) throw known
    yield { kind: 'damage', message: known.message }
  } finally {
    db.close()
  }
}

function* checkStructure(db: DatabaseSync): Generator<LogCheckReport> {
  for (const row of db.prepare('PRAGMA quick_check').iterate()) {
    const message = text(row, 'quick_check')
    if (message !== 'ok') yield { kind: 'damage', message }
  }
}

function* checkChunks(db: DatabaseSync): Generator<LogCheckReport> {
  const chunksTotal = integer(db.prepare('SELECT count(*) AS total FROM chunks').get(), 'total')
  const chunks = db.prepare(
    `SELECT name, id, chunks.* FROM chunks JOIN topics ON topics.number = chunks.topic
     ORDER BY topic, partition, first_offset`,
  )
  let chunksDone = 0
  let before: Row | undefined
  for (const row of chunks.iterate()) {
    const damage = checkChunk(row) ?? checkSequence(before, row)
    if (damage !== undefined) yield { kind: 'damage', message: `${placeOf(row)}: ${damage}` }
    before = row
    chunksDone += 1
    if (chunksDone % progressEvery === 0) yield { kind: 'progress', chunksDone, chunksTotal }
  }
  yield { kind: 'progress', chunksDone, chunksTotal }
  if (chunksDone < chunksTotal) yield { kind: 'damage', message: 'there are records of a topic that is not listed' }
}

function checkChunk(row: Row): string | undefined {
  const partition = { topic: text(row, 'name'), topicId: text(row, 'id'), partition: integer(row, 'partition') }
  const content = { bytes: blob(row, 'payload'), checksum: integer(row, 'crc32') }
  const verified = verifyChunk(partition, chunkRow(row), content)
  return typeof verified === 'string' ? verified : undefined
}

function checkSequence(before: Row | undefined, row: Row): string | undefined {
  if (before === undefined || before['topic'] !== row['topic'] || before['partition'] !== row['partition'])
    return undefined
  const [expected, found] = [chunkRow(before).next, chunkRow(row).from]
  return expected === found ? undefined : `offset ${expected} should follow`
}

function placeOf(row: Row): string {
  return `topic ${text(row, 'name')}, partition ${integer(row, 'partition')}, offset ${chunkRow(row).from}`
}

function* checkOffsets(db: DatabaseSync): Generator<LogCheckReport> {
  const ahead = db.prepare(
    `SELECT group_name, name, partition, next_offset FROM offsets JOIN topics ON topics.number = offsets.topic
     WHERE next_offset > coalesce(
       (SELECT chunks.next_offset FROM chunks
        WHERE chunks.topic = offsets.topic AND chunks.partition = offsets.partition
        ORDER BY first_offset DESC LIMIT 1), 0)`,
  )
  for (const row of ahead.iterate()) {
    const where = `topic ${text(row, 'name')}, partition ${integer(row, 'partition')}`
    const what = `group ${text(row, 'group_name')} has committed offset ${integer(row, 'next_offset')}`
    yield { kind: 'damage', message: `${where}: ${what}, which is beyond the end` }
  }
}
