import { operationsTopic } from '../codec/operation-codec.ts'
import type { Log } from '../ports/log.ts'
import { auditEntries } from './audit.ts'
import type { SeekMove } from './group-seek.ts'

/** Of one partition: [from, to) was passed over by a group. */
export type Skip = Readonly<{ group: string; topic: string; partition: number; from: number; to: number }>

/** What operators moved groups over, as the audit log has it. Who moved them by tools of Kafka has left nothing there. */
export async function seeksForward(log: Pick<Log, 'read' | 'topics'>): Promise<readonly Skip[]> {
  const audit = (await log.topics()).find(({ name }) => name === operationsTopic)?.partitions[0]
  if (!audit) return []
  return (await auditEntries(log, audit.begin, audit.end)).flatMap(({ operation }) =>
    operation.kind === 'action' && operation.action === 'seek' ? skipsOf(operation) : [],
  )
}

function skipsOf({ target: group, from, to }: Readonly<{ target: string; from: string; to: string }>): readonly Skip[] {
  const ends = placesIn(to)
  return placesIn(from).flatMap((place, index) => {
    const end = ends[index]?.offset ?? place.offset
    return end > place.offset
      ? [{ group, topic: place.topic, partition: place.partition, from: place.offset, to: end }]
      : []
  })
}

export function placesText(moves: readonly SeekMove[], edge: 'from' | 'to'): string {
  return moves.map((move) => `${move.topic}-${move.partition}@${move[edge]}`).join(' ')
}

/** The other way round; nothing of a text that says something else. */
function placesIn(text: string) {
  return [...text.matchAll(/(\S+)-(\d+)@(\d+)/g)].map(([, topic = '', partition, offset]) => ({
    topic,
    partition: Number(partition),
    offset: Number(offset),
  }))
}
