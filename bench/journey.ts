import { setTimeout } from 'node:timers/promises'
import type { GroupList } from '../src/api/contract.ts'
import { seededRandom } from '../src/domain/random.ts'
import { fillLog } from './append.ts'
import { percentile, type Figure } from './report.ts'
import { withServer } from './served.ts'
import { withDataDir } from './workspace.ts'

const reads = 2_000
/** The first ones read pages of the files that nobody has read yet, and compile the code. */
const warmUp = 100
const lagPauseMs = 200

/** GET /api/v1/orders/:order_id/journey of random orders, one after the other, in a store that the services filled. */
export async function benchJourney(orders: number): Promise<readonly Figure[]> {
  return withDataDir(async (dataDir) => {
    await fillLog(dataDir, orders)
    return withServer(dataDir, { ORDERMILL_GATEWAY_LATENCY_MS: '0' }, async ({ url }) => {
      while ((await lagOf(url)) > 0) await setTimeout(lagPauseMs)
      const samples = await readJourneys(url, orders)
      const figure = (name: string, value: number): Figure => ({ bench: 'journey', figure: name, value, unit: 'ms' })
      return [
        figure(`journey of one of ${orders} orders: p50`, percentile(samples, 0.5)),
        figure('  p99', percentile(samples, 0.99)),
        figure('  longest', Math.max(...samples)),
      ]
    })
  })
}

async function readJourneys(url: string, orders: number): Promise<readonly number[]> {
  const random = seededRandom(1)
  const samples: number[] = []
  for (let read = 0; read < reads + warmUp; read += 1) {
    const orderId = 1 + Math.floor(random() * orders)
    const startMs = performance.now()
    const response = await fetch(`${url}/api/v1/orders/${orderId}/journey`)
    const text = await response.text()
    if (read >= warmUp) samples.push(performance.now() - startMs)
    if (!response.ok || !text.includes('"counted"')) throw new Error(`order ${orderId} has no journey: ${text}`)
  }
  return samples
}

async function lagOf(url: string): Promise<number> {
  const response = await fetch(`${url}/api/v1/groups`)
  const { items } = (await response.json()) as GroupList
  return items.length === 0 ? 1 : items.reduce((sum, { lag_records }) => sum + lag_records, 0)
}
