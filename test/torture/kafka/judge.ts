import type { Log, LogRecord } from '../../../src/ports/log.ts'
import { readCommitted, type JudgeRecord } from '../../support/kafka/committed-reader.ts'

/** The log, read by the judge: everything that it holds now. */
export async function judgedLog(log: Log, bootstrap: string): Promise<Log> {
  const topics = await log.topics()
  const ids = new Map(topics.map(({ name, id }) => [name, id]))
  const byPlace = Map.groupBy(await readCommitted(bootstrap, [...ids.keys()]), placeOf)
  return {
    ...log,
    topics: () => Promise.resolve(topics),
    read({ topic, partition, offset, recordsMax }) {
      const all = byPlace.get(placeOf({ topic, partition })) ?? []
      const begin = firstFrom(all, offset)
      const records = all.slice(begin, begin + recordsMax).map((record) => recordOf(record, ids.get(topic) ?? ''))
      return Promise.resolve({ records, next: (records.at(-1)?.offset ?? offset - 1) + 1 })
    },
  }
}

function placeOf({ topic, partition }: Pick<JudgeRecord, 'topic' | 'partition'>): string {
  return `${topic}-${partition}`
}

/** Index of the first record at or behind an offset: a reader that goes through a partition asks for each page. */
function firstFrom(records: readonly JudgeRecord[], offset: number): number {
  let [low, high] = [0, records.length]
  while (low < high) {
    const middle = (low + high) >> 1
    if ((records[middle]?.offset ?? 0) < offset) low = middle + 1
    else high = middle
  }
  return low
}

function recordOf({ headers, ...record }: JudgeRecord, topicId: string): LogRecord {
  return {
    ...record,
    topicId,
    headers: headers.map(([name, value]) => [name, value ?? new Uint8Array()] as const),
  }
}
