import { setTimeout } from 'node:timers/promises'
import { textOf } from '../../codec/bytes.ts'
import { orderRecord } from '../../codec/order-codec.ts'
import { importsTopic } from '../../compose/topics.ts'
import type { Config } from '../../config.ts'
import { OrdermillError } from '../../errors.ts'
import { greatestChosen } from '../../ports/intake.ts'
import type { NewRecord } from '../../ports/log.ts'
import { untilCounted } from '../counted.ts'
import { openLocalEngine, type LocalEngine } from '../local-engine.ts'
import type { Chunk } from './chunks.ts'
import { findProgress, progressRecord, type BrowseImports, type ImportId } from './progress.ts'
import type { ImportTarget } from './target.ts'

/** One transaction of the log each. */
const limits = { entriesMax: 4_000, bytesMax: 4 * 1024 * 1024 }
const browseBytesMax = 16 * 1024 * 1024
const importsPlace = { topic: importsTopic, partition: 0 }
/** The broker ends a transaction of ours that nobody goes on with after 8 s, and looks for such every 10 s. */
const endedWithinMs = 60_000
const pollMs = 250

/** Appends to the log itself: of a data directory that no server runs on, where it also counts, or of Kafka. */
export async function openLocalTarget(
  config: Config,
  { counts }: Readonly<{ counts: boolean }>,
): Promise<ImportTarget> {
  const engine = await openLocalEngine(config, { services: counts })
  const { log, intake, counting } = engine
  const topics = await log.topics()
  return {
    topicId: topics.find(({ name }) => name === config.topic)?.id ?? '',
    async open(id) {
      return {
        start: await findProgress(await browseImports(engine), id),
        limits,
        async write(chunk, progress) {
          await intake.noteOrderIds(greatestChosen(chunk.orders.map(({ orderId }) => orderId)))
          await appendChunk(engine, config, recordsOf(config.topic, id, chunk), progressRecord(id, progress))
        },
        flush: () => Promise.resolve(),
        async complete(progress) {
          await log.append([progressRecord(id, progress)])
        },
      }
    },
    async untilCounted(signal) {
      if (!counting) return false
      await untilCounted(counting, signal)
      return true
    },
    async finish() {
      await engine.stop()
      return { pendingPayments: await engine.pendingPayments() }
    },
    [Symbol.asyncDispose]: () => engine[Symbol.asyncDispose](),
  }
}

/** One append for both: the progress is there exactly if the orders are. */
async function appendChunk(
  { log }: LocalEngine,
  { kafka }: Config,
  orders: readonly NewRecord[],
  progress: NewRecord,
): Promise<void> {
  if (kafka?.delivery !== 'at-least-once') return void (await log.append([...orders, progress]))
  // Without transactions a part of an append may be lost. Orders that come again are known by their ids.
  if (orders.length > 0) await log.append(orders)
  await log.append([progress])
}

function recordsOf(topic: string, { sha256 }: ImportId, { orders }: Chunk) {
  return orders.map(({ orderId, json, line }) => orderRecord(topic, json, orderId, `import/${sha256}/${line}`))
}

async function browseImports({ log }: LocalEngine): Promise<BrowseImports> {
  await untilEnded(log, (await importsEdges(log)).end)
  return {
    // Asked anew: only now is the end behind what was open.
    ...(await importsEdges(log)),
    async read(offset, limit) {
      const range = { ...importsPlace, offset, recordsMax: limit, bytesMax: browseBytesMax }
      const { records, next } = await log.read(range)
      const texts = records.flatMap(({ key, value }) =>
        key && value ? [{ key: textOf(key), value: textOf(value) }] : [],
      )
      return { records: texts, next }
    },
  }
}

async function importsEdges(log: LocalEngine['log']): Promise<Pick<BrowseImports, 'begin' | 'end'>> {
  const topic = (await log.topics()).find(({ name }) => name === importsTopic)
  const { begin = 0, end = 0 } = topic?.partitions[0] ?? {}
  return { begin, end }
}

/** A killed import leaves a transaction: whether its orders count is known once the broker has ended it. */
async function untilEnded(log: LocalEngine['log'], offset: number): Promise<void> {
  for (const endMs = performance.now() + endedWithinMs; ;) {
    const { isBlocked = false } = await log.read({ ...importsPlace, offset, recordsMax: 1, bytesMax: 1 })
    if (!isBlocked) return
    if (performance.now() > endMs) throw stillOpen()
    await setTimeout(pollMs)
  }
}

function stillOpen(): OrdermillError {
  const why = `a transaction has been open on ${importsTopic} for ${endedWithinMs / 1000} s, so how far this file is imported is not known`
  return new OrdermillError('LOG_UNAVAILABLE', `${why}: is another import stopped in its midst? Try again later.`)
}
