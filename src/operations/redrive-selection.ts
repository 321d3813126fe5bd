import type { RedriveSpec } from '../codec/operation-codec.ts'
import { deadLetterTopic } from '../codec/dead-letter-codec.ts'
import { orderGroups } from '../codec/groups.ts'
import type { Log } from '../ports/log.ts'
import type { StoredDeadLetter } from '../ports/order-queries.ts'
import {
  beginningOf,
  findLetters,
  type LetterStore,
  type Place,
  type Selected,
  type Selection,
} from './select-letters.ts'

/**
 * The letters that a redrive is about: of those that were logged before it was asked for. Where log times are ahead of the
 * clock, as it was set back, they don't tell before from after: then of all that there are, up to the newest one's time.
 */
export async function selectionOf(
  store: LetterStore,
  { ids, filter }: RedriveSpec,
  { requestedAtMs, nowMs }: Readonly<{ requestedAtMs: number; nowMs: number }>,
): Promise<Selection> {
  const [newest] = (await store.searchDeadLetters({ sort: 'newest', limit: 1 })).items
  const lastMs = newest && newest.timestampMs > nowMs ? newest.timestampMs : requestedAtMs
  return { ...(ids ? { ids } : {}), ...(filter ? { filter } : {}), untilMs: lastMs + 1 }
}

/** Records of one order should come in the order that they had. What no letter is comes last. */
export function inOrderOfRefusal(
  { letter: a }: Pick<Selected, 'letter'>,
  { letter: b }: Pick<Selected, 'letter'>,
): number {
  if (!a || !b) return Number(!a) - Number(!b)
  return a.timestampMs - b.timestampMs || a.letter.partition - b.letter.partition || a.letter.offset - b.letter.offset
}

/** Where a redrive begins: ids come in whatever order, and may be of more than one step. */
export async function oldestOf(store: LetterStore, selection: Selection): Promise<Place> {
  const { ids, page } = beginningOf(selection)
  const found = await findLetters(store, ids)
  return { ids: found.toSorted(inOrderOfRefusal).map(({ id }) => id), page }
}

/** By topic and partition, the end of the letters of our groups. */
export type LetterEnds = Record<string, number[]>

export async function letterEnds(log: Pick<Log, 'topics'>, topic: string): Promise<LetterEnds> {
  const ours = new Set(Object.values(orderGroups).map((group) => deadLetterTopic(topic, group)))
  const topics = (await log.topics()).filter(({ name }) => ours.has(name))
  return Object.fromEntries(
    topics.map(({ name, partitions }) => [
      name,
      partitions.toSorted((a, b) => a.partition - b.partition).map(({ end }) => end),
    ]),
  )
}

/** Whether it was logged behind the ends, whatever its time: clocks of hosts and brokers differ. */
export function isBehind(ends: LetterEnds, { letter: { topic, partition, offset } }: StoredDeadLetter): boolean {
  return offset >= (ends[topic]?.[partition] ?? Infinity)
}
