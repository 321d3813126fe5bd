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
  log: Pick<Log, 'topics'>,
  store: Pick<OrderBook, 'totals'>,
  topic: string,
  { waitMs = waitMsMax }: Options = {},
): () => Promise<void> {
  const ends = endsOf(log, topic)
  // Whoever asks for ids gets the reason; that nobody asks must not end the thread.
  ends.catch(() => {})
  let isCounted = false
  let waiting: Promise<void> | undefined

  async function look(): Promise<boolean> {
    const next = (await store.totals()).asOf.get(topic)
    return (await ends).every(({ partition, end }) => (next?.get(partition) ?? 0) >= end)
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

/** Gives ids only once `counted` resolves. */
export function idsOnceCounted(
  intake: Pick<Intake, 'reserveOrderIds'>,
  counted: () => Promise<void>,
): Pick<Intake, 'reserveOrderIds'> {
  return {
    async reserveOrderIds(count) {
      await counted()
      return intake.reserveOrderIds(count)
    },
  }
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
