import type { OrderQueries, ShardSummary } from '../../ports/order-queries.ts'
import type { Claim, Progress, ShardKey, Shards } from '../../ports/shards.ts'
import { checkEpoch, fenced } from '../store/claim.ts'
import { countsOf, type StoredCounts } from '../store/shard-summary.ts'
import { carryDirectory, enterDirectory, keyOf, readDirectory } from './couchbase-directory.ts'
import type { Found, Generation, Generations } from './couchbase-generations.ts'
import type { Keyspace } from './couchbase-keyspace.ts'
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

/** A version of a shard in its generation; the epoch in `document` is that of claims. */
export type HeldShard = Read<ShardDocument> & Readonly<{ generation: Generation }>

type Move = Readonly<{ claim: Claim; progress: Progress; change: Partial<ShardDocument> }>

export type CouchbaseShards = Shards &
  Pick<OrderQueries, 'version'> &
  Readonly<{
    /** A claim's shard now. @throws {OrdermillError} FENCED */
    read: (claim: Claim) => Promise<HeldShard>
    /** Swaps the version that was read for the next: the commit point. @throws {OrdermillError} FENCED */
    move: (
      held: HeldShard,
      step: Readonly<{ claim: Claim; progress: Progress }>,
      change: Partial<ShardDocument>,
    ) => Promise<void>
    /** Every shard that counted in `column`, and those of the same groups; the last claimed first. */
    all: (column: keyof Counted) => Promise<readonly ShardDocument[]>
    /** The same in a generation that whoever asks has chosen. */
    allIn: (generation: Generation, column: keyof Counted) => Promise<readonly ShardDocument[]>
    /** Every shard that was ever claimed, the last claimed last. */
    summaries: OrderQueries['shards']
  }>

export function couchbaseShards(generations: Generations, modify: Modify, forEach: ForEach): CouchbaseShards {
  /** What a group counts never changes, so that the shards of others need not be read twice. */
  const columnOf = new Map<string, keyof Counted>()
  let known: Found<readonly ShardKey[]> | undefined

  async function readShard(generation: Generation, shard: ShardKey): Promise<ShardDocument | undefined> {
    const document = (await readJson<ShardDocument>(generation.shards, keyOf(shard)))?.document
    const column = document && columnIn(document)
    if (document && column) columnOf.set(document.group, column)
    return document && claimable(document, generation)
  }

  async function readShards(generation: Generation, column?: keyof Counted): Promise<Documents> {
    const shards = await readDirectory(generation.shards)
    const asked = shards.filter(({ group }) => column === undefined || (columnOf.get(group) ?? column) === column)
    return forEach(asked, (shard) => readShard(generation, shard))
  }

  /** All of one generation, with as many rounds of reads as without generations. */
  async function readLive(column?: keyof Counted): Promise<readonly ShardDocument[]> {
    for (;;) {
      const { generation, result } = await generations.alongside((live) => readShards(live, column))
      // One that is not there is being claimed for the first time, or the generation was removed meanwhile.
      if (!result.includes(undefined) || (await generations.isStill(generation))) return present(result)
    }
  }

  /** The commit point. A swap of which no answer came may be our own; anything else is another owner's. */
  async function swap({ document, cas, generation }: HeldShard, { claim, progress, change }: Move): Promise<void> {
    const { shards, epochBase } = generation
    const next = { ...document, epoch: document.epoch - epochBase, ...progress, ...change }
    if ((await shards.replace(keyOf(claim.shard), JSON.stringify(next), cas)) !== undefined) return
    const now = await readJson<ShardDocument>(shards, keyOf(claim.shard))
    // Whom nothing may overrule.
    if (now?.document.epoch !== next.epoch || now.document.batchId !== progress.batchId) throw fenced(claim.shard)
  }

  return {
    claim: (shard, owner) =>
      generations.throughout(async ({ shards, epochBase }) => {
        await enterDirectory(shards, modify, shard)
        const claimed = await modify<ShardDocument>(shards, keyOf(shard), (now = emptyShard(shard)) => ({
          ...now,
          owner,
          epoch: now.epoch + 1,
        }))
        const { epoch, from, next } = claimed ?? emptyShard(shard)
        return { shard, epoch: epochBase + epoch, from, next }
      }),

    async read(claim) {
      const { generation, result } = await generations.alongside((live) =>
        readJson<ShardDocument>(live.shards, keyOf(claim.shard)),
      )
      if (!result) throw fenced(claim.shard)
      const document = claimable(result.document, generation)
      checkEpoch(document, claim)
      return { document, cas: result.cas, generation }
    },

    async move(held, { claim, progress }, change) {
      await swap(held, { claim, progress, change })
      // What landed in a generation that was left meanwhile does not count: whoever claims anew catches up with it.
      if (!(await generations.isStill(held.generation))) throw fenced(claim.shard)
    },

    all: async (column) => countedIn(await readLive(column), column),
    allIn: async (generation, column) => countedIn(present(await readShards(generation, column)), column),
    summaries: async () => (await readLive()).map(summaryOf),

    async version() {
      const before = known
      const { generation, result } = await generations.alongside(async (live) => {
        const places = before?.generation === live ? before.result : []
        const [batches, now] = await Promise.all([batchesOf(live, places), readDirectory(live.shards)])
        const more = now.filter((place) => !places.some((other) => keyOf(other) === keyOf(place)))
        return { now, batches: [...batches, ...(await batchesOf(live, more))] }
      })
      known = { generation, result: result.now }
      return JSON.stringify([generation.epochBase, result.batches])
    },
  }

  function batchesOf({ shards }: Generation, asked: readonly ShardKey[]): Promise<readonly unknown[]> {
    return forEach(asked, (shard) => shards.member(keyOf(shard), 'batchId'))
  }
}

type Documents = readonly (ShardDocument | undefined)[]

function present(documents: Documents): readonly ShardDocument[] {
  return documents.filter((document) => document !== undefined)
}

function countedIn(documents: readonly ShardDocument[], column: keyof Counted): readonly ShardDocument[] {
  const groups = new Set(documents.filter((document) => document[column]).map(({ group }) => group))
  return documents.filter(({ group }) => groups.has(group)).toReversed()
}

function claimable(document: ShardDocument, { epochBase }: Generation): ShardDocument {
  return { ...document, epoch: epochBase + document.epoch }
}

function summaryOf({ group, topic, topicId, partition, ...document }: ShardDocument): ShardSummary {
  const { epoch, owner, from, next } = document
  return { shard: { group, topic, topicId, partition }, epoch, owner, from, next, ...countsOf(document) }
}

/**
 * Names in a generation the shards that are in another one alone, with nothing in them: before it becomes live, so that it
 * says of each how far behind the log it is.
 */
export async function carryShards(from: Keyspace, to: Keyspace, modify: Modify): Promise<void> {
  const shards = await readDirectory(from)
  for (const shard of shards) await to.insert(keyOf(shard), JSON.stringify(emptyShard(shard)))
  await carryDirectory(to, modify, shards)
}

function emptyShard(shard: ShardKey): ShardDocument {
  return { kind: 'shard', ...shard, epoch: 0, owner: '', from: 0, next: 0, batchId: null, seriesDays: [] }
}

function columnIn({ totals, tally, views }: Counted): keyof Counted | undefined {
  if (totals) return 'totals'
  if (tally) return 'tally'
  return views ? 'views' : undefined
}
