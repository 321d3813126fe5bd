import type { Position } from '../../domain/position.ts'
import { OrdermillError } from '../../errors.ts'
import type { StoreDatabase } from './sqlite-store-database.ts'
import { intOf, textOf } from './sqlite-store-rows.ts'

type Partition = Readonly<{ topicId: string; partition: number }>

/** A partition of a topic as one number, which sorts by partition: a position then takes a few bytes. */
export type Places = Readonly<{
  /** Only within a write. */
  placeOf: (partition: Partition) => number
  positionOf: (place: number, offset: number) => Position
}>

/** Topics that were made again count each time. */
const topicsMax = 65_536

/** What it returns is for one transaction: a number that a rolled back write gave out may come again for another topic. */
export function sqlitePlaces(db: StoreDatabase): () => Places {
  const insert = db.prepare('INSERT INTO topics (topic_id) VALUES (?) ON CONFLICT DO NOTHING')
  const byId = db.prepare('SELECT serial FROM topics WHERE topic_id = ?')
  const bySerial = db.prepare('SELECT topic_id FROM topics WHERE serial = ?')

  function serialOf(topicId: string): number {
    insert.run(topicId)
    const serial = intOf(byId.get(topicId) ?? {}, 'serial')
    if (serial < topicsMax) return serial
    throw new OrdermillError('INTERNAL', `the store can't tell more than ${topicsMax} topics apart: start a new one`)
  }

  function topicOf(serial: number): string {
    return textOf(bySerial.get(serial) ?? {}, 'topic_id')
  }

  return () => {
    const topics = new Map<number, string>()
    let last: Readonly<{ topicId: string; serial: number }> | undefined
    return {
      placeOf({ topicId, partition }) {
        if (last?.topicId !== topicId) last = { topicId, serial: serialOf(topicId) }
        return partition * topicsMax + last.serial
      },
      positionOf(place, offset) {
        const serial = place % topicsMax
        let topicId = topics.get(serial)
        if (topicId === undefined) topics.set(serial, (topicId = topicOf(serial)))
        return { topicId, partition: Math.floor(place / topicsMax), offset }
      },
    }
  }
}
