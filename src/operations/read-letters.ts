import { decodeDeadLetter } from '../codec/dead-letter-codec.ts'
import { hasCode } from '../errors.ts'
import { blocked } from '../pipeline/claims.ts'
import type { Log, LogRecord } from '../ports/log.ts'
import type { StoredDeadLetter } from '../ports/order-queries.ts'

/** Letters of one partition that lie so close together that one read brings all. */
type Run = readonly [StoredDeadLetter, ...StoredDeadLetter[]]

/** Records between two letters that are read in vain rather than asking twice. */
const gapMax = 16
const runLettersMax = 200
const readBytesMax = 1024 * 1024
/** Reads under way at once: what they bring is held in memory. */
const readsMax = 8

export type LetterRecords = Readonly<{
  /** By the letter's id; none for a letter that the log has no more. */
  records: ReadonlyMap<string, LogRecord>
  /** Not read yet, because there was enough. */
  left: readonly StoredDeadLetter[]
}>

/**
 * The letters as they are in the log, until they come to `bytesMax` or a little more. What is left of a partition is behind
 * all that is not, so that whoever writes these first keeps its order.
 */
export async function readLetters(
  log: Pick<Log, 'read'>,
  letters: readonly StoredDeadLetter[],
  bytesMax: number,
): Promise<LetterRecords> {
  const records = new Map<string, LogRecord>()
  let bytes = 0
  let runs = runsOf(letters)
  while (runs.length > 0 && bytes < bytesMax) {
    const read = await Promise.all(runs.slice(0, readsMax).map((run) => readRun(log, run)))
    for (const [id, record] of read.flatMap(({ found }) => found)) {
      records.set(id, record)
      bytes += record.value?.length ?? 0
    }
    runs = [...read.flatMap(({ left }) => runsOf(left)), ...runs.slice(readsMax)]
  }
  return { records, left: fromFirstOf(runs.flat(), letters) }
}

function fromFirstOf(left: readonly StoredDeadLetter[], all: readonly StoredDeadLetter[]): readonly StoredDeadLetter[] {
  const firsts = new Map<string, number>()
  for (const one of left) {
    const known = firsts.get(partitionOf(one)) ?? Infinity
    firsts.set(partitionOf(one), Math.min(known, one.letter.offset))
  }
  return all.filter((one) => one.letter.offset >= (firsts.get(partitionOf(one)) ?? Infinity))
}

function partitionOf({ letter: { topic, partition } }: StoredDeadLetter): string {
  return `${topic}-${partition}`
}

function runsOf(letters: readonly StoredDeadLetter[]): readonly Run[] {
  const runs: [StoredDeadLetter, ...StoredDeadLetter[]][] = []
  for (const letter of letters.toSorted(byPlace)) {
    const run = runs.at(-1)
    const last = run?.at(-1)?.letter
    if (run && last && run.length < runLettersMax && isClose(last, letter.letter)) run.push(letter)
    else runs.push([letter])
  }
  return runs
}

type Place = StoredDeadLetter['letter']

function byPlace({ letter: a }: StoredDeadLetter, { letter: b }: StoredDeadLetter): number {
  if (a.topic !== b.topic) return a.topic < b.topic ? -1 : 1
  return a.partition - b.partition || a.offset - b.offset
}

function isClose(a: Place, b: Place): boolean {
  return a.topic === b.topic && a.partition === b.partition && b.offset - a.offset <= gapMax
}

type ReadRun = Readonly<{ found: readonly (readonly [string, LogRecord])[]; left: readonly StoredDeadLetter[] }>

/** One read; `left` is what lies behind it. */
async function readRun(log: Pick<Log, 'read'>, run: Run): Promise<ReadRun> {
  const { topic, partition, offset } = run[0].letter
  const last = run.at(-1)?.letter.offset ?? offset
  try {
    const range = { topic, partition, offset, recordsMax: last - offset + 1, bytesMax: readBytesMax }
    const { records, next, isBlocked } = await log.read(range)
    if (records.length === 0 && isBlocked) throw blocked(topic, partition, offset)
    const byOffset = new Map(records.map((record) => [record.offset, record]))
    const found = run.flatMap((stored) => {
      const record = byOffset.get(stored.letter.offset)
      return record && isLetter(record, stored) ? [[stored.id, record] as const] : []
    })
    return { found, left: records.length === 0 ? [] : run.filter(({ letter }) => letter.offset >= next) }
  } catch (error) {
    // Its topic was deleted, the view of it was not.
    if (hasCode(error, 'TOPIC_UNKNOWN')) return { found: [], left: [] }
    throw error
  }
}

/** A topic that was made again may have another letter there. */
function isLetter(record: LogRecord, { group, topic, partition, offset }: StoredDeadLetter): boolean {
  try {
    const found = decodeDeadLetter(record)
    return found.group === group && found.topic === topic && found.partition === partition && found.offset === offset
  } catch (error) {
    if (hasCode(error, 'RECORD_INVALID')) return false
    throw error
  }
}
