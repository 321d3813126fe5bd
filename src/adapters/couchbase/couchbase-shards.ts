import type { ShardSummary } from '../../ports/order-queries.ts'
import type { Claim, Progress, ShardKey, Shards } from '../../ports/shards.ts'
import { checkEpoch, fenced } from '../store/claim.ts'
import { countsOf, type StoredCounts } from '../store/shard-summary.ts'
import type { Keyspaces } from './couchbase-keyspaces.ts'
import type { ForEach } from './couchbase-work.ts'
import { readJson, type Modify, type Read } from './couchbase-json.ts'

/** What a group counted, each in a shard of its own. */
export type Counted = StoredCounts

/** Small whatever the number of orders: all that grows with it is in lists and buckets. */
export type ShardDocument = Counted &
  Readonly<{
    kind: 'shard'
    group: string
    topic: string
    topicId: string
    partition: number
    epoch: number
    owner: string
    from: number
    next: number
    batchId: string | null
    /** Days since the Unix epoch that have a minute in the series, ascending. */
    seriesDays: readonly number[]
  }>

/** Every shard that there is, the last claimed last. */
type Directory = Readonly<{ kind: 'directory'; shards: readonly Place[] }>
type Place = readonly [group: string, topic: string, topicId: string, partition: number]

export type CouchbaseShards = Shards &
  Readonly<{
    /** A claim's shard now. @throws {OrdermillError} FENCED */
    read: (claim: Claim) => Promise<Read<ShardDocument>>
    /** Swaps the version that was read for the next: the commit point. @throws {OrdermillError} FENCED */
    move: (
      read: Read<ShardDocument>,
      step: Readonly<{ claim: Claim; progress: Progress }>,
      change: Partial<ShardDocument>,
    ) => Promise<void>
    /** Every shard that was ever claimed. */
    keys: () => Promise<readonly ShardKey[]>
    /** Every shard that counted in `column`, and those of the same groups; the last claimed first. */
    all: (column: keyof Counted) => Promise<readonly ShardDocument[]>
    /** Every shard that was ever claimed, the last claimed last. */
    summaries: () => Promise<readonly ShardSummary[]>
    /** Changes with every apply. */
    version: () => Promise<string>
  }>

const directoryKey = 'directory'

export function couchbaseShards(
  { shards }: Pick<Keyspaces, 'shards'>,
  modify: Modify,
  forEach: ForEach,
): CouchbaseShards {
  /** What a group counts never changes, so that the shards of others need not be read twice. */
  const columnOf = new Map<string, keyof Counted>()
  let places: readonly Place[] = []

  async function readPlaces(): Promise<readonly Place[]> {
    places = (await readJson<Directory>(shards, directoryKey))?.document.shards ?? []
    return places
  }

  async function readShard(place: Place): Promise<ShardDocument | undefined> {
    const document = (await readJson<ShardDocument>(shards, keyOf(keyOfPlace(place))))?.document
    const column = document && columnIn(document)
    if (document && column) columnOf.set(document.group, column)
    return document
  }

  return {
    async claim(shard, owner) {
      await enter(shards, modify, shard)
      const claimed = await modify<ShardDocument>(shards, keyOf(shard), (known = emptyShard(shard)) => ({
        ...known,
        owner,
        epoch: known.epoch + 1,
      }))
      const { epoch, from, next } = claimed ?? emptyShard(shard)
      return { shard, epoch, from, next }
    },

    async read(claim) {
      const read = await readJson<ShardDocument>(shards, keyOf(claim.shard))
      if (!read) throw fenced(claim.shard)
      checkEpoch(read.document, claim)
      return read
    },

    async move({ document, cas }, { claim, progress }, change) {
      const next = { ...document, ...progress, ...change }
      if ((await shards.replace(keyOf(claim.shard), JSON.stringify(next), cas)) !== undefined) return
      // The swap may be our own, of which no answer came. Anything else is another owner's, whom nothing may overrule.
      const now = await readJson<ShardDocument>(shards, keyOf(claim.shard))
      if (now?.document.epoch !== claim.epoch || now.document.batchId !== progress.batchId) throw fenced(claim.shard)
    },

    keys: async () => (await readPlaces()).map(keyOfPlace),

    async all(column) {
      const asked = (await readPlaces()).filter(([group]) => (columnOf.get(group) ?? column) === column)
      const documents = await forEach(asked, readShard)
      const mine = documents.filter((document) => document !== undefined)
      const groups = new Set(mine.filter((document) => document[column]).map(({ group }) => group))
      return mine.filter(({ group }) => groups.has(group)).toReversed()
    },

    async summaries() {
      const documents = await forEach(await readPlaces(), readShard)
      return documents.filter((document) => document !== undefined).map(summaryOf)
    },

    async version() {
      const known = places
      const [batches, now] = await Promise.all([batchesOf(known), readPlaces()])
      const more = now.filter((place) => !known.some((other) => samePlace(place, other)))
      return JSON.stringify([batches, await batchesOf(more)])
    },
  }

  function batchesOf(asked: readonly Place[]): Promise<readonly unknown[]> {
    return forEach(asked, (place) => shards.member(keyOf(keyOfPlace(place)), 'batchId'))
  }
}

function summaryOf({
  group,
  topic,
  topicId,
  partition,
  epoch,
  owner,
  from,
  next,
  ...counts
}: ShardDocument): ShardSummary {
  return { shard: { group, topic, topicId, partition }, epoch, owner, from, next, ...countsOf(counts) }
}

/** A shard that is there already goes to the end when its topic was made again since. */
async function enter(shards: Keyspaces['shards'], modify: Modify, shard: ShardKey): Promise<void> {
  const place: Place = [shard.group, shard.topic, shard.topicId, shard.partition]
  await modify<Directory>(shards, directoryKey, (directory) => {
    const known = directory?.shards ?? []
    const latest = known.findLast(([group, topic]) => group === shard.group && topic === shard.topic)
    if (latest?.[2] === shard.topicId && known.some((other) => samePlace(place, other))) return undefined
    return { kind: 'directory', shards: [...known.filter((other) => !samePlace(place, other)), place] }
  })
}

function samePlace(a: Place, b: Place): boolean {
  return a.every((part, index) => part === b[index])
}

function keyOfPlace([group, topic, topicId, partition]: Place): ShardKey {
  return { group, topic, topicId, partition }
}

/** The topic's id names it; its name may be 200 characters long, and a key of Couchbase 250 bytes. */
export function keyOf({ group, topicId, partition }: Omit<ShardKey, 'topic'>): string {
  return `${group}/${topicId}-${partition}`
}

function emptyShard(shard: ShardKey): ShardDocument {
  return { kind: 'shard', ...shard, epoch: 0, owner: '', from: 0, next: 0, batchId: null, seriesDays: [] }
}

function columnIn({ totals, tally, views }: Counted): keyof Counted | undefined {
  if (totals) return 'totals'
  if (tally) return 'tally'
  return views ? 'views' : undefined
}
