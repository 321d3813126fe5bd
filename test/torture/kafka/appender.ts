import { setTimeout } from 'node:timers/promises'
import { hasCode } from '../../../src/errors.ts'
import type { Log, LogRecord, NewRecord } from '../../../src/ports/log.ts'
import { placeOf } from '../../support/audit/facts.ts'
import { readTopic, utf8 } from '../../support/log-harness.ts'
import { headerOf } from '../../support/order-json.ts'
import { endlessInput, type InputSource } from '../endless-input.ts'
import type { Outside } from '../outside.ts'

const indexHeader = 'input-index'
const chunkRecords = 10
/** About 100 records a second, where nothing stands in the way. */
const pauseMs = 90
const burstChunkRecords = 500

export type Appender = Readonly<{
  /** Appends in peace from now on; resolves when so many more are acknowledged. */
  finish: (more: number) => Promise<void>
  /** As many at once as would come in ten times the usual pause, and so on, until there are so many. */
  burst: (records: number) => void
  /** I1, in the log as the judge reads it: what was acknowledged is where it was said to be, and there once. */
  audit: (judged: Log) => Promise<readonly string[]>
}>

/** Appends input without end, and remembers what was acknowledged. */
export function startAppender(log: Log, { acknowledged }: Outside, source: InputSource): Appender {
  const recordAt = endlessInput(source)
  /** Those of an append that was refused: whether it took place is not known, so it was repeated. */
  const uncertain = new Set<number>()
  let next = 0
  let end = Number.POSITIVE_INFINITY
  let burstEnd = 0

  async function append(): Promise<void> {
    while (next < end) {
      const count = Math.min(next < burstEnd ? burstChunkRecords : chunkRecords, end - next)
      const indexes = Array.from({ length: count }, (_, index) => next + index)
      try {
        const positions = await log.append(indexes.map((index) => marked(recordAt(index), index)))
        for (const [place, index] of indexes.entries()) {
          const { partition = 0, offset = 0 } = positions[place] ?? {}
          acknowledged.set(index, { partition, offset })
        }
        next += count
      } catch (error) {
        if (!hasCode(error, 'LOG_UNAVAILABLE')) throw error
        for (const index of indexes) uncertain.add(index)
      }
      if (next >= burstEnd) await setTimeout(pauseMs)
    }
  }

  const appending = append()
  appending.catch(() => {})
  return {
    burst: (records) => void (burstEnd = next + records),
    finish(more) {
      end = next + more
      return appending
    },
    async audit(judged) {
      const records = await readTopic(judged, 'orders')
      const byPlace = new Map(records.map((record) => [placeOf(record), record]))
      const id = (await judged.topics()).find(({ name }) => name === 'orders')?.id ?? ''
      const lost = [...acknowledged].flatMap(([index, position]) => {
        const found = byPlace.get(placeOf({ topicId: id, ...position }))
        const isThere = found && isSame(found, recordAt(index)) && indexOf(found) === index
        return isThere ? [] : [`I1: acknowledged record ${index} is not at ${position.partition}-${position.offset}`]
      })
      const repeated = [...Map.groupBy(records, indexOf)].flatMap(([index, copies]) =>
        copies.length === 1 || uncertain.has(index) ? [] : [`I2: record ${index} was appended ${copies.length} times`],
      )
      return [...lost, ...repeated]
    },
  }
}

function marked(record: NewRecord, index: number): NewRecord {
  return { ...record, headers: [...(record.headers ?? []), [indexHeader, utf8(`${index}`)]] }
}

function indexOf(record: LogRecord): number {
  return Number(headerOf(record, indexHeader))
}

function isSame({ value }: LogRecord, expected: NewRecord): boolean {
  return Buffer.compare(value ?? Buffer.of(), expected.value ?? Buffer.of()) === 0
}
