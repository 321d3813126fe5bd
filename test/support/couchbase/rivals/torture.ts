import { setTimeout } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { couchbaseConnection } from '../../../../src/adapters/couchbase/couchbase-connection.ts'
import { readJson } from '../../../../src/adapters/couchbase/couchbase-json.ts'
import { openKeyspaces, type Keyspaces } from '../../../../src/adapters/couchbase/couchbase-keyspaces.ts'
import { keyOf } from '../../../../src/adapters/couchbase/couchbase-directory.ts'
import type { ShardDocument } from '../../../../src/adapters/couchbase/couchbase-shards.ts'
import { openCouchbaseStore } from '../../../../src/adapters/couchbase/couchbase-store.ts'
import { seededRandom } from '../../../../src/domain/random.ts'
import type { OrderStore } from '../../../../src/ports/order-store.ts'
import { childOf, forkEntry, type Child } from '../../../torture/child.ts'
import { waitFor } from '../../wait-for.ts'
import type { MockBucket } from '../mock-server.ts'
import { storeOptions } from '../open-store.ts'
import { auditRivals } from './audit.ts'
import { rivalName, type FromRival, type RivalOrders, type ToRival } from './messages.ts'
import { indexAt, isDeclined, partitions, services, shardOf, type Work } from './stream.ts'

const entry = fileURLToPath(new URL('../../../adapters/couchbase/rival-process.ts', import.meta.url))
const plantedSources = new URL('./planted-sources.ts', import.meta.url).href
/** Each shard of partition 0 has two owners at all times, and each of partition 1. */
const teams: readonly (readonly Work[])[] = [
  [
    { service: 'analytics', partition: 0 },
    { service: 'payment', partition: 1 },
  ],
  [
    { service: 'analytics', partition: 0 },
    { service: 'analytics', partition: 1 },
    { service: 'payment', partition: 0 },
  ],
  [
    { service: 'payment', partition: 0 },
    { service: 'analytics', partition: 2 },
    { service: 'payment', partition: 2 },
  ],
  [
    { service: 'analytics', partition: 1 },
    { service: 'payment', partition: 1 },
  ],
]
const works = services.flatMap((service) => partitions.map((partition) => ({ service, partition })))
const watchPauseMs = 20

export type TortureOptions = Readonly<{
  bucket: MockBucket
  seed: number
  /** How long faults go on. */
  durationMs: number
  /** Name of a fault that is planted in the sources of all rivals. */
  plant?: string
}>

export type TortureResult = Readonly<{
  complaints: readonly string[]
  kills: number
  zombies: number
  /** Of the stream, by partition. */
  records: readonly number[]
}>

type Rival = Child & Readonly<{ work: readonly Work[]; applied: Promise<void> }>

/** Lets rivals work on the same shards, kills them and puts them to sleep, lets the rest end in peace, and audits that. */
export async function tortureRivals({ bucket, seed, durationMs, plant }: TortureOptions): Promise<TortureResult> {
  const options = storeOptions(bucket)
  const connection = couchbaseConnection(options)
  const keyspaces = openKeyspaces(connection, options)
  const store = openCouchbaseStore(options)
  const random = seededRandom(seed)
  const charges = new Map<string, Set<string>>()
  const complaints: string[] = []
  const watch = watchShards(store, keyspaces, complaints)
  const rivals: Rival[] = []
  let end: readonly number[] | undefined
  let [kills, zombies] = [0, 0]

  function start(work: readonly Work[]): Rival {
    const luck = Math.floor(random() * 2 ** 31)
    const { connectionString, bucket: name } = bucket
    const orders: RivalOrders = { connectionString, bucket: name, seed, luck, work, ...(end && { end }) }
    const flags = plant === undefined ? [] : ['--import', `${plantedSources}?${encodeURIComponent(plant)}`]
    const forked = forkEntry(entry, JSON.stringify(orders), flags)
    const child = childOf(forked)
    const applied = Promise.withResolvers<void>()
    forked.on('message', (message: FromRival) => {
      if (message.kind === 'applied') return applied.resolve()
      charges.set(message.key, (charges.get(message.key) ?? new Set()).add(message.place))
      const outcome = isDeclined(message.orderId) ? 'DECLINED' : 'PAID'
      child.send({ kind: 'charged', id: message.id, outcome } satisfies ToRival)
    })
    forked.on('exit', (code) => {
      if (code !== null && code !== 0) complaints.push(`a rival ended by itself: ${child.errors()}`)
    })
    return { ...child, work, applied: applied.promise }
  }

  async function replace(at: number): Promise<Rival | undefined> {
    const rival = rivals[at]
    if (!rival) return undefined
    rival.kill('SIGKILL')
    await rival.exited
    return (rivals[at] = start(rival.work))
  }

  /** Puts one to sleep, lets another claim what it owns, and wakes it up in the middle of what it was doing. */
  async function sleepPastTakeover(at: number): Promise<void> {
    const sleeper = rivals[at]
    const others = rivals.findIndex((rival, index) => index !== at && sharesWork(rival, sleeper))
    const shared = rivals[others]?.work.find((work) => sleeper?.work.some((own) => sameWork(own, work)))
    if (!sleeper || !shared) return
    sleeper.kill('SIGSTOP')
    const taker = await replace(others)
    if (!taker) return
    // By name, not by a greater epoch: with a planted fault an epoch may go back, and the wait would be in vain.
    const hasClaimed = async () => (await shardNow(keyspaces, shared))?.owner === rivalName(taker.pid)
    await waitFor('another owner claims', async () => taker.hasExited() || (await hasClaimed()))
    await setTimeout(random() * 300)
    sleeper.kill('SIGCONT')
    zombies += 1
  }

  try {
    rivals.push(...teams.map(start))
    await Promise.race([
      Promise.all(rivals.map(({ applied }) => applied)),
      setTimeout(20_000, undefined, { ref: false }),
    ])
    const endMs = performance.now() + durationMs
    while (performance.now() < endMs) {
      await setTimeout(100 + random() * 400)
      const at = Math.floor(random() * rivals.length)
      // One that has not come to anything yet would never do.
      await Promise.race([rivals[at]?.applied, rivals[at]?.exited, setTimeout(2_000, undefined, { ref: false })])
      if (random() < 0.2) await sleepPastTakeover(at)
      else await replace(at)
      kills += 1
    }
    for (const rival of rivals) rival.kill('SIGKILL')
    await Promise.all(rivals.map(({ exited }) => exited))
    end = await endsBehind(keyspaces, seed)
    rivals.splice(0, rivals.length, ...teams.map(start))
    const all = end
    await waitFor('all have come to the end', () => isAtEnd(keyspaces, seed, all)).catch((error: unknown) =>
      complaints.push(String(error)),
    )
    for (const rival of rivals) rival.kill('SIGKILL')
    await Promise.all(rivals.map(({ exited }) => exited))
    await watch.stop()
    const wrong = await auditRivals({ store, keyspaces, seed, end, charges })
    return { complaints: [...complaints, ...wrong], kills, zombies, records: end }
  } finally {
    for (const rival of rivals) rival.kill('SIGKILL')
    await Promise.all(rivals.map(({ exited }) => exited))
    await watch.stop()
    await Promise.all([store.close(), connection.close()])
  }
}

function sharesWork(rival: Rival, other: Rival | undefined): boolean {
  return rival.work.some((work) => other?.work.some((own) => sameWork(own, work)))
}

function sameWork(a: Work, b: Work): boolean {
  return a.service === b.service && a.partition === b.partition
}

async function shardNow({ shards }: Keyspaces, work: Work): Promise<ShardDocument | undefined> {
  return (await readJson<ShardDocument>(shards, keyOf(shardOf(work))))?.document
}

/** A little behind the shard that is farthest, so that all have something left to do. */
async function endsBehind(keyspaces: Keyspaces, seed: number): Promise<readonly number[]> {
  // What a dead process had on its way may still move a shard by one batch.
  const spare = 60
  const places = await Promise.all(
    works.map(async (work) => ({ ...work, next: (await shardNow(keyspaces, work))?.next ?? 0 })),
  )
  return partitions.map((partition) => {
    const nexts = places.filter((place) => place.partition === partition).map(({ next }) => next)
    return indexAt(seed, partition, Math.max(...nexts)) + spare
  })
}

async function isAtEnd(keyspaces: Keyspaces, seed: number, end: readonly number[]): Promise<boolean> {
  const reached = await Promise.all(
    works.map(async (work) => {
      const next = (await shardNow(keyspaces, work))?.next ?? 0
      return indexAt(seed, work.partition, next) >= (end[work.partition] ?? 0)
    }),
  )
  return reached.every(Boolean)
}

/** Sees to it that nothing ever goes back: no shard, and no sum that a reader is shown. */
function watchShards(store: OrderStore, keyspaces: Keyspaces, complaints: string[]) {
  const greatest = new Map<string, number>()
  const over = new AbortController()
  const grow = (name: string, value: number): void => {
    const before = greatest.get(name) ?? 0
    if (value < before) complaints.push(`${name} went back from ${before} to ${value}`)
    greatest.set(name, value)
  }
  async function look(): Promise<void> {
    for (const work of works) {
      const shard = await shardNow(keyspaces, work)
      if (!shard) continue
      grow(`next of ${keyOf(shard)}`, shard.next)
      grow(`epoch of ${keyOf(shard)}`, shard.epoch)
    }
    const [{ totals }, { tally }] = await Promise.all([store.totals(), store.payments()])
    grow('the count of orders', totals.overall.orderCount)
    grow('the count of duplicates', totals.duplicates)
    grow('the count of payments', tally.paid)
  }
  const looking = (async () => {
    while (!over.signal.aborted) {
      await look()
      await setTimeout(watchPauseMs)
    }
  })()
  return {
    stop: () => {
      over.abort()
      return looking
    },
  }
}
