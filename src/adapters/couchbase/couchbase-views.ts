import type { FraudAlert } from '../../domain/fraud.ts'
import { identityText, type OrderIdentity } from '../../domain/order.ts'
import type { Position } from '../../domain/position.ts'
import type { OrderQueries, StoredAlert } from '../../ports/order-queries.ts'
import type { Claim } from '../../ports/shards.ts'
import type { ViewFact, ViewStore } from '../../ports/view-store.ts'
import { checkClaim } from '../store/claim.ts'
import { deadLetterId } from '../store/dead-letter-id.ts'
import { addViewCounts, noViews } from '../store/view-counts.ts'
import type { CouchbaseArrivals } from './couchbase-arrivals.ts'
import type { Generation } from './couchbase-generations.ts'
import { readJson, type Modify } from './couchbase-json.ts'
import {
  addToOrder,
  insertOnce,
  letterKey,
  placesByOrder,
  writeLetter,
  writeRedrive,
  type LetterFact,
  type RedriveFact,
  type Seen,
} from './couchbase-letters.ts'
import type { Entry } from './couchbase-lists.ts'
import type { CouchbaseIdentities } from './couchbase-identities.ts'
import type { CouchbaseShards } from './couchbase-shards.ts'
import type { ForEach } from './couchbase-work.ts'

type AlertDocument = Seen & Readonly<{ kind: 'alert'; timestampMs: number; alert: FraudAlert }>
type AlertFact = Extract<ViewFact, { kind: 'alert' }>

type ViewsDeps = Readonly<{
  shards: CouchbaseShards
  identities: Pick<CouchbaseIdentities, 'note'>
  arrivals: CouchbaseArrivals
  modify: Modify
  forEach: ForEach
}>

export function couchbaseViews(deps: ViewsDeps): Pick<ViewStore, 'applyViews'> & Pick<OrderQueries, 'viewCounts'> {
  const { shards, identities, arrivals, modify, forEach } = deps

  async function writeAlerts(generation: Generation, claim: Claim, facts: readonly AlertFact[]) {
    await identities.note(
      facts.map(({ identity }) => identity),
      'other',
    )
    const isNew = await forEach(facts, (fact) => writeAlert(generation, positionAt(claim, fact), fact))
    return facts.filter((_, index) => isNew[index])
  }

  async function writeLetters(generation: Generation, claim: Claim, facts: readonly LetterFact[]) {
    await forEach([...placesByOrder(facts)], (places) => addToOrder(generation, modify, places))
    const isNew = await forEach(facts, (fact) => writeLetter(generation, positionAt(claim, fact), fact))
    return facts.filter((_, index) => isNew[index])
  }

  /** How many count. One after the other where they are of one letter: `modify` sees to that. */
  async function writeRedrives(generation: Generation, claim: Claim, facts: readonly RedriveFact[]) {
    const isNew = await forEach(facts, (fact) =>
      writeRedrive(generation, modify, { ...fact, position: positionAt(claim, fact) }),
    )
    return isNew.filter(Boolean).length
  }

  return {
    async applyViews(claim, facts, progress) {
      const held = await shards.read(claim)
      const { document, generation } = held
      if (checkClaim(document, claim, progress) === 'answer') return
      const unapplied = facts.filter(({ offset }) => offset >= claim.next)
      const alertFacts = firstOfEach(unapplied.filter(isAlert), ({ identity, alert }) =>
        alertKey(identity, alert.reason),
      )
      const letterFacts = firstOfEach(unapplied.filter(isLetter), ({ letter }) => deadLetterId(letter))
      const newAlerts = await writeAlerts(generation, claim, alertFacts)
      const newLetters = await writeLetters(generation, claim, letterFacts)
      const redriven = await writeRedrives(generation, claim, unapplied.filter(isRedrive))
      const arrived = { shard: claim.shard, next: progress.next }
      await arrivals.add(generation, { ...arrived, name: 'alerts', entries: newAlerts.map(alertEntry) })
      await arrivals.add(generation, { ...arrived, name: 'letters', entries: newLetters.map(letterEntry) })
      const fresh = { alerts: newAlerts.length, deadLetters: newLetters.length, redriven }
      await shards.move(held, { claim, progress }, { views: addViewCounts(fresh, document.views ?? noViews) })
    },

    async viewCounts() {
      return (await shards.all('views')).reduce((sum, { views = noViews }) => addViewCounts(sum, views), noViews)
    },
  }
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

function letterEntry({ offset, letter }: LetterFact): Entry {
  return [letter.timestampMs, offset, letterKey(deadLetterId(letter))]
}

/** Whether it counts. */
function writeAlert({ alerts }: Generation, position: Position, fact: AlertFact): Promise<boolean> {
  const { identity, alert, timestampMs } = fact
  const document: AlertDocument = { kind: 'alert', position, timestampMs, alert }
  return insertOnce(alerts, alertKey(identity, alert.reason), document)
}

export function alertKey(identity: OrderIdentity, reason: string): string {
  return `${identityText(identity)}/${reason}`
}

export async function findAlert(
  { alerts }: Pick<Generation, 'alerts'>,
  identity: OrderIdentity,
  reason: string,
): Promise<StoredAlert | undefined> {
  const read = await readJson<AlertDocument>(alerts, alertKey(identity, reason))
  return read && { timestampMs: read.document.timestampMs, alert: read.document.alert }
}
