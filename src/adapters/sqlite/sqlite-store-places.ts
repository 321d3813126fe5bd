import type { Position } from '../../domain/position.ts'
import { OrdermillError } from '../../errors.ts'
import type { StoreDatabase } from './sqlite-store-database.ts'
import { intOf, textOf } from './sqlite-store-rows.ts'

type Place = Readonly<{ topicId: string; partition: number }>

/** Small numbers for (topic id, partition), so that a position takes a few bytes. */
export type Places = Readonly<{
  /** Only within a write. */
  idOf: (place: Place) => number
  positionOf: (id: number, offset: number) => Position
}>

/** What it returns is for one transaction: a number that a rolled back write gave out may come again for another place. */
export function sqlitePlaces(db: StoreDatabase): () => Places {
  const insert = db.prepare('INSERT INTO places (topic_id, place_partition) VALUES (?, ?) ON CONFLICT DO NOTHING')
  const byPlace = db.prepare('SELECT place FROM places WHERE topic_id = ? AND place_partition = ?')
  const byId = db.prepare('SELECT topic_id, place_partition FROM places WHERE place = ?')

  function makeId({ topicId, partition }: Place): number {
    insert.run(topicId, partition)
    return intOf(byPlace.get(topicId, partition) ?? {}, 'place')
  }

  function readPlace(id: number): Place {
    const row = byId.get(id)
    if (!row) throw new OrdermillError('DATA_CORRUPT', `the store lacks place ${id}: restore it`)
    return { topicId: textOf(row, 'topic_id'), partition: intOf(row, 'place_partition') }
  }

  return () => {
    const places = new Map<number, Place>()
    let last: (Place & { id: number }) | undefined
    return {
      idOf({ topicId, partition }) {
        if (last?.topicId === topicId && last.partition === partition) return last.id
        last = { topicId, partition, id: makeId({ topicId, partition }) }
        return last.id
      },
      positionOf(id, offset) {
        let place = places.get(id)
        if (!place) places.set(id, (place = readPlace(id)))
        return { topicId: place.topicId, partition: place.partition, offset }
      },
    }
  }
}
