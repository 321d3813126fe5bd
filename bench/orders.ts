import { seededRandom } from '../src/domain/random.ts'
import type { Log } from '../src/ports/log.ts'
import { runProducer } from '../src/services/producer.ts'

/** Appends `count` of the contract's orders with ids from 1 on; the same ones at every call. */
export async function appendOrders(log: Pick<Log, 'append'>, count: number): Promise<void> {
  let next = 1
  const options = {
    log,
    intake: {
      reserveOrderIds(ids: number) {
        const first = next
        next += ids
        return Promise.resolve(first)
      },
    },
    topic: 'orders',
    run: 'bench',
    random: seededRandom(1),
    now: Date.now,
    sleep: () => Promise.resolve(),
    sleepMs: 0,
    count,
  }
  await runProducer(options, new AbortController().signal)
}
