/**
 * Where a record is in a log, for ever: the topic's id changes when a topic of the same name is made again, so a position
 * never names two records. `partition` and `offset` are whole numbers from 0.
 */
export type Position = Readonly<{ topicId: string; partition: number; offset: number }>

export function samePosition(a: Position, b: Position): boolean {
  return a.offset === b.offset && a.partition === b.partition && a.topicId === b.topicId
}

/**
 * Identity of a record that we derive from another one: the same input gives the same id, however often it is read, which
 * is how a reader that sees aborted repetitions tells them. `n` counts the outputs to one topic after the first.
 */
export function eventIdOf(group: string, { topicId, partition, offset }: Position, n = 0): string {
  const id = `${group}/${topicId}-${partition}-${offset}`
  return n === 0 ? id : `${id}/${n}`
}

/** The position that an event id of `group` was derived from, or undefined if it is another group's or no such id. */
export function positionOfEventId(group: string, eventId: string): Position | undefined {
  if (!eventId.startsWith(`${group}/`)) return undefined
  const match = /^(.+)-(\d+)-(\d+)(?:\/\d+)?$/.exec(eventId.slice(group.length + 1))
  const [, topicId, partition, offset] = match ?? []
  if (topicId === undefined) return undefined
  return { topicId, partition: Number(partition), offset: Number(offset) }
}
