import { setTimeout } from 'node:timers/promises'
import { OrdermillError } from '../errors.ts'
import type { Intake } from '../ports/intake.ts'
import type { Log } from '../ports/log.ts'
import type { OrderBook } from '../ports/order-book.ts'

const pollMs = 50
const waitMsMax = 10_000

type Options = Readonly<{ waitMs?: number }>

/**
 * Resolves when analytics has applied all that `topic` held when this was called: until then a store that was lost knows
 * too few order ids, and would give one again that an order in the log has.
 *
 * @throws {OrdermillError} STORE_UNAVAILABLE when that takes longer
 */
export function untilStartIsCounted(
  log: Pick<Log, 'topics' | 'read'>,
  store: Pick<OrderBook, 'totals'>,
  topic: string,
  { waitMs = waitMsMax }: Options = {},
): () => Promise<void> {
  let ends = endsOf(log, topic)
  // Whoever asks for ids gets the reason; that nobody asks must not end the thread.
  ends.catch(() => {})
  let isCounted = false
  let waiting: Promise<void> | undefined

  async function look(): Promise<boolean> {
    const next = (await store.totals()).asOf.get(topic)
    const looks = (await knownEnds()).map(({ partition, end }) =>
      isReadTo(log, { topic, partition, offset: next?.get(partition) ?? 0 }, end),
    )
    return (await Promise.all(looks)).every(Boolean)
  }

  /** A log that could not say is asked again: what it holds by then is more, never less. */
  async function knownEnds(): ReturnType<typeof endsOf> {
    try {
      return await ends
    } catch (error) {
      ends = endsOf(log, topic)
      ends.catch(() => {})
      throw error
    }
  }

  async function wait(): Promise<void> {
    const startedMs = performance.now()
    while (!(isCounted = await look())) {
      if (performance.now() - startedMs >= waitMs) throw stillCounting(topic)
      await setTimeout(pollMs)
    }
  }

  return () => {
    if (isCounted) return Promise.resolve()
    return (waiting ??= wait().finally(() => (waiting = undefined)))
  }
}

/** The store's intake, which gives ids only once everything from before this call is counted. */
export function countedIntake(
  log: Pick<Log, 'topics' | 'read'>,
  store: Pick<OrderBook, 'totals'> & Intake,
  topic: string,
): Intake {
  const counted = untilStartIsCounted(log, store, topic)
  return {
    async reserveOrderIds(count) {
      await counted()
      return store.reserveOrderIds(count)
    },
    noteOrderIds: (greatest) => store.noteOrderIds(greatest),
    async remember(request) {
      if (request.idsNeeded > 0) await counted()
      return store.remember(request)
    },
    complete: (principal, key, response) => store.complete(principal, key, response),
  }
}

/** Nothing is left to read below `end`, be it that only markers of the log are there: those are counted by nobody. */
async function isReadTo(
  log: Pick<Log, 'read'>,
  place: Readonly<{ topic: string; partition: number; offset: number }>,
  end: number,
): Promise<boolean> {
  if (place.offset >= end) return true
  const { records, next } = await log.read({ ...place, recordsMax: 1, bytesMax: 1 })
  return records.length === 0 ? next >= end : records.every(({ offset }) => offset >= end)
}

async function endsOf(log: Pick<Log, 'topics'>, topic: string) {
  return (await log.topics()).find(({ name }) => name === topic)?.partitions ?? []
}

function stillCounting(topic: string): OrdermillError {
  return new OrdermillError(
    'STORE_UNAVAILABLE',
    `no order id can be given yet, orders from before the start are still being counted (${topic}): try again, or send order_id`,
  )
}
