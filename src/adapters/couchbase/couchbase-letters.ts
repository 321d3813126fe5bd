import { samePosition, type Position } from '../../domain/position.ts'
import type { StoredDeadLetter } from '../../ports/order-queries.ts'
import type { Redriven, ViewFact } from '../../ports/view-store.ts'
import { deadLetterId } from '../store/dead-letter-id.ts'
import { isLaterRedrive, letterOf, type StoredLetter } from '../store/redrives.ts'
import type { Generation } from './couchbase-generations.ts'
import { readJson, type Modify } from './couchbase-json.ts'
import { hashed } from './couchbase-keys.ts'
import type { Keyspace } from './couchbase-keyspace.ts'

export type LetterFact = Extract<ViewFact, { kind: 'dead-letter' }>
export type RedriveFact = Extract<ViewFact, { kind: 'redrive' }>

/** The position that brought a view's item, which alone counts it. */
export type Seen = Readonly<{ position: Position }>

/** Members that are searched for stand at the top. */
export type LetterDocument = Seen &
  Readonly<{ kind: 'letter'; id: string; timestampMs: number; group: string; code: string; letter: StoredLetter }>
/** Beside its letter, since it may be read before it. The position is that of the first one, which alone counts it. */
type RedriveDocument = Seen & Readonly<{ kind: 'redrive'; redriven: Redriven }>
/** Which letters speak of an order: log time and key, the newest last. */
type LettersOfOrder = Readonly<{ kind: 'letters-of-order'; letters: readonly LetterPlace[] }>
type LetterPlace = readonly [timestampMs: number, key: string]

type Letters = Pick<Generation, 'dead_letters'>

/** Of one order, as many as its story shows, and a search for it finds. */
const lettersMax = 100

/** Whether it is there by this position: a repeated alert or letter changes nothing. */
export async function insertOnce(keyspace: Keyspace, key: string, document: Seen): Promise<boolean> {
  if ((await keyspace.insert(key, JSON.stringify(document))) !== undefined) return true
  const known = await readJson<Seen>(keyspace, key)
  return known !== undefined && samePosition(known.document.position, document.position)
}

/** Whether it counts. */
export function writeLetter({ dead_letters }: Letters, position: Position, { letter }: LetterFact): Promise<boolean> {
  const id = deadLetterId(letter)
  const { timestampMs, group, code } = letter
  const document: LetterDocument = { kind: 'letter', id, position, timestampMs, group, code, letter }
  return insertOnce(dead_letters, letterKey(id), document)
}

/** Whether it counts: a letter's first redrive does, and the latest one is shown. */
export async function writeRedrive(
  { dead_letters }: Letters,
  modify: Modify,
  { letterId, redriven, position }: Pick<RedriveFact, 'letterId' | 'redriven'> & Seen,
): Promise<boolean> {
  let first = position
  await modify<RedriveDocument>(dead_letters, redriveKey(letterKey(letterId)), (known) => {
    first = known?.position ?? position
    if (!known) return { kind: 'redrive', position, redriven }
    return isLaterRedrive(known.redriven, redriven) ? { ...known, redriven } : undefined
  })
  return samePosition(first, position)
}

/** Letters by the order that they speak of. */
export function placesByOrder(facts: readonly LetterFact[]): Map<number, LetterPlace[]> {
  const places = new Map<number, LetterPlace[]>()
  for (const { letter } of facts) {
    const { orderId, timestampMs } = letter
    if (orderId === null) continue
    const known = places.get(orderId)
    const place = [timestampMs, letterKey(deadLetterId(letter))] as const
    if (known) known.push(place)
    else places.set(orderId, [place])
  }
  return places
}

export async function addToOrder(
  { dead_letters }: Letters,
  modify: Modify,
  [orderId, places]: readonly [number, readonly LetterPlace[]],
): Promise<void> {
  await modify<LettersOfOrder>(dead_letters, lettersKey(orderId), (known) => {
    const old = known?.letters ?? []
    const fresh = places.filter(([, key]) => !old.some(([, other]) => other === key))
    const all = [...old, ...fresh].toSorted((a, b) => a[0] - b[0]).slice(-lettersMax)
    const isKnown = all.length === old.length && all.every(([, key], index) => key === old[index]?.[1])
    return isKnown ? undefined : { kind: 'letters-of-order', letters: all }
  })
}

/** @param key as in the list of letters */
export async function letterAt({ dead_letters }: Letters, key: string): Promise<StoredDeadLetter | undefined> {
  const [read, redrive] = await Promise.all([
    readJson<LetterDocument>(dead_letters, key),
    readJson<RedriveDocument>(dead_letters, redriveKey(key)),
  ])
  if (!read) return undefined
  const { letter, id } = read.document
  return { ...letterOf(letter), id, redriven: redrive?.document.redriven ?? null }
}

/** The newest first. */
export async function lettersOf(generation: Letters, orderId: number): Promise<readonly StoredDeadLetter[]> {
  const known = await readJson<LettersOfOrder>(generation.dead_letters, lettersKey(orderId))
  const keys = (known?.document.letters ?? []).map(([, key]) => key).toReversed()
  const found = await Promise.all(keys.map((key) => letterAt(generation, key)))
  return found.filter((letter) => letter !== undefined)
}

/** By a hash: what foreign systems put into the name of a topic or a group has no bound. */
export function letterKey(id: string): string {
  return hashed(id)
}

export function redriveKey(key: string): string {
  return `${key}/redrive`
}

export function lettersKey(orderId: number): string {
  return `${orderId}/letters`
}
