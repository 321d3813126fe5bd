import type { FraudAlert } from '../../domain/fraud.ts'
import { identityText, type OrderIdentity } from '../../domain/order.ts'
import { samePosition, type Position } from '../../domain/position.ts'
import type { OrderQueries, StoredAlert, StoredDeadLetter } from '../../ports/order-queries.ts'
import type { Claim } from '../../ports/shards.ts'
import type { Redriven, ViewFact, ViewStore } from '../../ports/view-store.ts'
import { checkClaim } from '../store/claim.ts'
import { deadLetterId } from '../store/dead-letter-id.ts'
import { isLaterRedrive, letterOf, type StoredLetter } from '../store/redrives.ts'
import { addViewCounts, noViews } from '../store/view-counts.ts'
import type { CouchbaseArrivals } from './couchbase-arrivals.ts'
import { hashed } from './couchbase-keys.ts'
import type { Keyspace } from './couchbase-keyspace.ts'
import type { Keyspaces } from './couchbase-keyspaces.ts'
import { readJson, type Modify } from './couchbase-json.ts'
import type { Entry } from './couchbase-lists.ts'
import type { CouchbaseIdentities } from './couchbase-identities.ts'
import type { CouchbaseShards } from './couchbase-shards.ts'
import type { ForEach } from './couchbase-work.ts'

/** The position that brought a view's item, which alone counts it. */
type Seen = Readonly<{ position: Position }>
type AlertDocument = Seen & Readonly<{ kind: 'alert'; timestampMs: number; alert: FraudAlert }>
/** Members that are searched for stand at the top. */
export type LetterDocument = Seen &
  Readonly<{ kind: 'letter'; id: string; timestampMs: number; group: string; code: string; letter: StoredLetter }>
/** Beside its letter, since it may be read before it. The position is that of the first one, which alone counts it. */
type RedriveDocument = Seen & Readonly<{ kind: 'redrive'; redriven: Redriven }>
/** Which letters speak of an order: log time and key, the newest last. */
type LettersOfOrder = Readonly<{ kind: 'letters-of-order'; letters: readonly LetterPlace[] }>
type LetterPlace = readonly [timestampMs: number, key: string]

/** Of one order, as many as its story shows. */
const lettersMax = 100

type ViewsDeps = Readonly<{
  keyspaces: Pick<Keyspaces, 'alerts' | 'dead_letters'>
  shards: CouchbaseShards
  identities: Pick<CouchbaseIdentities, 'note'>
  arrivals: CouchbaseArrivals
  modify: Modify
  forEach: ForEach
}>

type AlertFact = Extract<ViewFact, { kind: 'alert' }>
type LetterFact = Extract<ViewFact, { kind: 'dead-letter' }>
type RedriveFact = Extract<ViewFact, { kind: 'redrive' }>

export function couchbaseViews(deps: ViewsDeps): Pick<ViewStore, 'applyViews'> & Pick<OrderQueries, 'viewCounts'> {
  const { keyspaces, shards, identities, arrivals, modify, forEach } = deps
  const { alerts, dead_letters: letters } = keyspaces

  async function writeAlert(claim: Claim, fact: AlertFact): Promise<boolean> {
    const { identity, alert, timestampMs } = fact
    const document: AlertDocument = { kind: 'alert', position: positionAt(claim, fact), timestampMs, alert }
    return insertOnce(alerts, alertKey(identity, alert.reason), document)
  }

  async function writeLetter(claim: Claim, { letter, offset }: LetterFact): Promise<boolean> {
    const id = deadLetterId(letter)
    const { timestampMs, group, code } = letter
    const position = positionAt(claim, { offset })
    const document: LetterDocument = { kind: 'letter', id, position, timestampMs, group, code, letter }
    return insertOnce(letters, hashed(id), document)
  }

  /** Whether it counts: a letter's first redrive does, and the latest one is shown. */
  async function writeRedrive(claim: Claim, { letterId, redriven, offset }: RedriveFact): Promise<boolean> {
    const position = positionAt(claim, { offset })
    let first = position
    await modify<RedriveDocument>(letters, redriveKey(letterId), (known) => {
      first = known?.position ?? position
      if (!known) return { kind: 'redrive', position, redriven }
      return isLaterRedrive(known.redriven, redriven) ? { ...known, redriven } : undefined
    })
    return samePosition(first, position)
  }

  async function addToOrder([orderId, places]: readonly [number, readonly LetterPlace[]]): Promise<void> {
    await modify<LettersOfOrder>(letters, lettersKey(orderId), (known) => {
      const old = known?.letters ?? []
      const fresh = places.filter(([, key]) => !old.some(([, other]) => other === key))
      const all = [...old, ...fresh].toSorted((a, b) => a[0] - b[0]).slice(-lettersMax)
      const isKnown = all.length === old.length && all.every(([, key], index) => key === old[index]?.[1])
      return isKnown ? undefined : { kind: 'letters-of-order', letters: all }
    })
  }

  return {
    async applyViews(claim, facts, progress) {
      const read = await shards.read(claim)
      if (checkClaim(read.document, claim, progress) === 'answer') return
      const unapplied = facts.filter(({ offset }) => offset >= claim.next)
      const alertFacts = firstOfEach(unapplied.filter(isAlert), ({ identity, alert }) =>
        alertKey(identity, alert.reason),
      )
      const letterFacts = firstOfEach(unapplied.filter(isLetter), ({ letter }) => deadLetterId(letter))
      await identities.note(
        alertFacts.map(({ identity }) => identity),
        'other',
      )
      await forEach([...placesByOrder(letterFacts)], addToOrder)
      const isNewAlert = await forEach(alertFacts, (fact) => writeAlert(claim, fact))
      const isNewLetter = await forEach(letterFacts, (fact) => writeLetter(claim, fact))
      // One after the other where they are of one letter: `modify` sees to that.
      const isNewRedrive = await forEach(unapplied.filter(isRedrive), (fact) => writeRedrive(claim, fact))
      const newAlerts = alertFacts.filter((_, index) => isNewAlert[index])
      const newLetters = letterFacts.filter((_, index) => isNewLetter[index])
      const { next } = progress
      await arrivals.add(claim.shard, 'alerts', { entries: newAlerts.map(alertEntry), next })
      await arrivals.add(claim.shard, 'letters', { entries: newLetters.map(letterEntry), next })
      const redriven = isNewRedrive.filter(Boolean).length
      const fresh = { alerts: newAlerts.length, deadLetters: newLetters.length, redriven }
      await shards.move(read, { claim, progress }, { views: addViewCounts(fresh, read.document.views ?? noViews) })
    },

    async viewCounts() {
      return (await shards.all('views')).reduce((sum, { views = noViews }) => addViewCounts(sum, views), noViews)
    },
  }
}

/** Whether it is there by this position: a repeated alert or letter changes nothing. */
async function insertOnce(keyspace: Keyspace, key: string, document: Seen): Promise<boolean> {
  if ((await keyspace.insert(key, JSON.stringify(document))) !== undefined) return true
  const known = await readJson<Seen>(keyspace, key)
  return known !== undefined && samePosition(known.document.position, document.position)
}

function isAlert(fact: ViewFact): fact is AlertFact {
  return fact.kind === 'alert'
}

function isRedrive(fact: ViewFact): fact is RedriveFact {
  return fact.kind === 'redrive'
}

function isLetter(fact: ViewFact): fact is LetterFact {
  return fact.kind === 'dead-letter'
}

function firstOfEach<Fact>(facts: readonly Fact[], keyOf: (fact: Fact) => string): readonly Fact[] {
  const first = new Map<string, Fact>()
  for (const fact of facts) if (!first.has(keyOf(fact))) first.set(keyOf(fact), fact)
  return [...first.values()]
}

function positionAt({ shard: { topicId, partition } }: Claim, { offset }: Readonly<{ offset: number }>): Position {
  return { topicId, partition, offset }
}

function alertEntry({ timestampMs, offset, identity, alert }: AlertFact): Entry {
  return [timestampMs, offset, identity.orderId, identity.createdAtMs, alert.reason]
}

/** By its key: what foreign systems put into the name of a topic or a group has no bound. */
function letterEntry({ offset, letter }: LetterFact): Entry {
  return [letter.timestampMs, offset, letterKey(letter)]
}

function placesByOrder(facts: readonly LetterFact[]): Map<number, LetterPlace[]> {
  const places = new Map<number, LetterPlace[]>()
  for (const { letter } of facts) {
    const { orderId, timestampMs } = letter
    if (orderId === null) continue
    const known = places.get(orderId)
    if (known) known.push([timestampMs, letterKey(letter)])
    else places.set(orderId, [[timestampMs, letterKey(letter)]])
  }
  return places
}

function redriveKey(letterId: string): string {
  return `${hashed(letterId)}/redrive`
}

function letterKey(letter: LetterFact['letter']): string {
  return hashed(deadLetterId(letter))
}

function alertKey(identity: OrderIdentity, reason: string): string {
  return `${identityText(identity)}/${reason}`
}

function lettersKey(orderId: number): string {
  return `${orderId}/letters`
}

export async function findAlert(
  { alerts }: Pick<Keyspaces, 'alerts'>,
  identity: OrderIdentity,
  reason: string,
): Promise<StoredAlert | undefined> {
  const read = await readJson<AlertDocument>(alerts, alertKey(identity, reason))
  return read && { timestampMs: read.document.timestampMs, alert: read.document.alert }
}

export async function findLetter(
  { dead_letters: letters }: Pick<Keyspaces, 'dead_letters'>,
  id: string,
): Promise<StoredDeadLetter | undefined> {
  return letterAt({ dead_letters: letters }, hashed(id))
}

export async function letterAt(
  { dead_letters: letters }: Pick<Keyspaces, 'dead_letters'>,
  key: string,
): Promise<StoredDeadLetter | undefined> {
  const [read, redrive] = await Promise.all([
    readJson<LetterDocument>(letters, key),
    readJson<RedriveDocument>(letters, `${key}/redrive`),
  ])
  if (!read) return undefined
  const { letter, id } = read.document
  return { ...letterOf(letter), id, redriven: redrive?.document.redriven ?? null }
}

/** The newest first. */
export async function lettersOf(
  keyspaces: Pick<Keyspaces, 'dead_letters'>,
  orderId: number,
): Promise<readonly StoredDeadLetter[]> {
  const known = await readJson<LettersOfOrder>(keyspaces.dead_letters, lettersKey(orderId))
  const keys = (known?.document.letters ?? []).map(([, key]) => key).toReversed()
  const found = await Promise.all(keys.map((key) => letterAt(keyspaces, key)))
  return found.filter((letter) => letter !== undefined)
}
