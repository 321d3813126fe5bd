import { eventIdHeader, headerText } from '../codec/bytes.ts'
import type { Log, LogPosition } from '../ports/log.ts'

/** Times of the log are its own: a broker's clock may be that much behind the one of who asks. */
const clockSkewMs = 60_000
/** Records of one partition that are looked at: a redrive of a hundred thousand may have come in between. */
const recordsMax = 200_000
const readBatch = { recordsMax: 2_000, bytesMax: 1024 * 1024 }

type Source = Readonly<{ topic: string; sinceMs: number }>

/** Where a record with that event id is, in whatever partition, among those from about `sinceMs` on. */
export async function findCommand(
  log: Pick<Log, 'offsetAt' | 'read' | 'topics'>,
  { topic, sinceMs }: Source,
  eventId: string,
): Promise<Omit<LogPosition, 'topicId'> | undefined> {
  const known = (await log.topics()).find(({ name }) => name === topic)
  for (const { partition, end } of known?.partitions ?? []) {
    let offset = await log.offsetAt(topic, partition, Math.max(sinceMs - clockSkewMs, 0))
    for (let looked = 0; offset < end && looked < recordsMax;) {
      const { records, next } = await log.read({ topic, partition, offset, ...readBatch })
      const found = records.find((record) => headerText(record, eventIdHeader) === eventId)
      if (found) return { topic, partition, offset: found.offset }
      if (records.length === 0) break
      looked += records.length
      offset = next
    }
  }
  return undefined
}
