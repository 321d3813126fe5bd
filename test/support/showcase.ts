import type { GroupList } from '../../src/api/contract.ts'
import { openEngine } from '../../src/compose/engine.ts'
import { readConfig } from '../../src/config.ts'
import { seededRandom } from '../../src/domain/random.ts'
import type { NewRecord } from '../../src/ports/log.ts'
import { createLogger } from '../../src/telemetry/logger.ts'
import { createMetrics } from '../../src/telemetry/metrics.ts'
import { orderRecord, rawRecord } from './order-json.ts'
import { waitFor } from './wait-for.ts'

/** With these, what {@link fillShowcase} wrote has payments that are held, declined and skipped. */
export const showcaseSettings = {
  LOG_LEVEL: 'warn',
  ORDERMILL_PAYMENT_POLICY: 'billable',
  ORDERMILL_GATEWAY_DECLINE_RATIO: '0.04',
  ORDERMILL_GATEWAY_LATENCY_MS: '20',
} as const

/** The first order's id; far from those that the server gives. */
export const showcaseFirstId = 48_001
const countries = ['US', 'US', 'DE', 'US', 'GB', 'CA', 'IN', 'FR', 'US', 'BR', 'DE', 'CN', 'CA', 'JP']
const statuses = ['CONFIRMED', 'CREATED', 'CONFIRMED', 'CANCELLED', 'CONFIRMED', 'CREATED']
const currencies = ['USD', 'USD', 'USD', 'USD', 'EUR', 'GBP']

/**
 * Orders of the 25 minutes before `nowMs`, the same ones for the same seed, and among them records that no group can
 * process: no JSON, members that are wrong, an order that comes again with another content.
 */
export async function fillShowcase(dataDir: string, { nowMs, orders }: { nowMs: number; orders: number }) {
  const telemetry = {
    logger: createLogger({ level: 'warn', pretty: false }),
    metrics: createMetrics({ processMetrics: false }),
  }
  const engine = await openEngine(readConfig({ LOG_LEVEL: 'warn', ORDERMILL_DATA_DIR: dataDir }), telemetry)
  await engine.log.append(showcaseRecords(nowMs, orders))
  await engine.close()
}

function showcaseRecords(nowMs: number, orders: number): readonly NewRecord[] {
  const random = seededRandom(7)
  const pick = <Item>(items: readonly Item[]): Item | undefined => items[Math.floor(random() * items.length)]
  const good = Array.from({ length: orders }, (_, index) =>
    orderRecord(showcaseFirstId + index, {
      customer_id: 1_000 + Math.floor(random() * 9_000),
      amount: Math.round(1_000 + random() ** 2 * 52_000) / 100,
      currency: pick(currencies),
      country: pick(countries),
      status: pick(statuses),
      created_at: new Date(nowMs - (25 * 60_000 * (orders - index)) / orders).toISOString(),
    }),
  )
  return [...good, ...badRecords(nowMs)]
}

function badRecords(nowMs: number): readonly NewRecord[] {
  const id = showcaseFirstId
  const created_at = new Date(nowMs - 60_000).toISOString()
  return [
    rawRecord('{"order_id": 47112, "customer_id": 2210, "amount": 12.', '47112'),
    orderRecord(47_113, { created_at, amount: -20, country: 'Germany' }),
    orderRecord(47_114, { created_at, currency: 'usd', status: 'PAID' }),
    orderRecord(id, { created_at, customer_id: 4_242 }),
    orderRecord(id + 3, { created_at, customer_id: 4_242 }),
    rawRecord(Uint8Array.of(0xff, 0xfe, 0x00, 0x17), '47115'),
  ]
}

/** A running server, and what lets one read from it where it has tokens. */
type Served = Readonly<{ url: string; headers?: Readonly<Record<string, string>> }>

/** Unchecked: the API's own tests check its answers. */
export async function readApi<Answer>({ url, headers = {} }: Served, path: string): Promise<Answer> {
  const response = await fetch(`${url}/api/v1${path}`, { headers })
  return (await response.json()) as Answer
}

/** Until every group has read everything. */
export async function untilProcessed(served: Served): Promise<void> {
  await waitFor('everything is processed', async () => {
    const { items } = await readApi<GroupList>(served, '/groups')
    return items.length > 0 && items.every(({ lag_records }) => lag_records === 0)
  })
}
