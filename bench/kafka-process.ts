import { randomUUID } from 'node:crypto'
import { join } from 'node:path'
import pLimit from 'p-limit'
import { systemRuntime } from '../src/adapters/in-process/runtime.ts'
import { openMemoryStore } from '../src/adapters/memory/memory-store.ts'
import { simulatedPaymentGateway } from '../src/adapters/simulated/simulated-payment-gateway.ts'
import { openSqliteStore } from '../src/adapters/sqlite/sqlite-store.ts'
import { runService } from '../src/pipeline/run-service.ts'
import type { Log } from '../src/ports/log.ts'
import { analyticsService } from '../src/services/analytics-service.ts'
import { openCharger } from '../src/services/charger.ts'
import { fraudService } from '../src/services/fraud-service.ts'
import { paymentService } from '../src/services/payment-service.ts'
import { openBenchLog } from './kafka-log.ts'
import { appendOrders } from './orders.ts'
import { peakMemoryMb, withDataDir } from './workspace.ts'

/**
 * Runs as a process of its own: `produce`, or services on what a topic holds, from its beginning until each has
 * committed all of it. Prints the rates as one line of JSON, measured from the first record handed out to the last commit.
 *
 * Arguments: addresses of the brokers, number of orders, gateway time in ms, `memory` or `sqlite` for the store, input
 * topic, then `produce` or the services.
 */
const [bootstrap = '', countText = '', latencyText = '', storeKind = '', topic = '', ...steps] = process.argv.slice(2)
const count = Number(countText)
const { now, sleep, random } = systemRuntime
const rules = { highAmount: 300, highAmountByCurrency: {}, homeCountries: new Set(['US', 'CA']) }

const log = openBenchLog(bootstrap)
const result = steps[0] === 'produce' ? await produce() : await withDataDir(work)
await log.close()
console.log(JSON.stringify({ ...result, peakMb: await peakMemoryMb(process.pid) }))

async function produce() {
  const startMs = performance.now()
  await appendOrders(log, count)
  return { recordsPerS: rate(count, performance.now() - startMs) }
}

async function work(directory: string) {
  const store = storeKind === 'sqlite' ? openSqliteStore({ file: join(directory, 'store.db') }) : openMemoryStore()
  const gateway = simulatedPaymentGateway({
    latencyMs: Number(latencyText),
    declineRatio: 0,
    failRatio: 0,
    hangRatio: 0,
    timeoutMs: 10_000,
    seed: 1,
    sleep,
  })
  const charge = openCharger({ gateway, limit: pLimit(256), now, sleep, random })
  const services = {
    fraud: fraudService({ topic, rules }),
    payment: paymentService({ topic, log, ledger: store, charge, policy: 'all', rules, reuse: 'refuse', now }),
    analytics: analyticsService({ topic, book: store, reuse: 'refuse', baseCurrency: 'USD' }),
  } as const
  const chosen = Object.values(services).filter(({ name }) => steps.includes(name))
  for (const { group } of chosen) await rewind(log, group)
  const clock = newClock(chosen.length * count)
  const end = new AbortController()
  const observer = {
    committing({ records, seconds }: Readonly<{ records: number; seconds: number }>) {
      if (clock.handled(records, seconds)) end.abort()
    },
    refused() {},
    lost() {},
    failed({ error }: Readonly<{ error: unknown }>) {
      console.error(error)
    },
  }
  const batch = { recordsMax: 4_000, bytesMax: 8 * 1024 * 1024 }
  const options = { log, now, owner: randomUUID(), batch, observer }
  await Promise.all(
    // Each service has its own types of facts and answers, and needs no other here.
    chosen.map((service) => runService(service as typeof services.fraud, options, end.signal)),
  )
  const rates = clock.rates()
  await store.close()
  return rates
}

/** From the first record to the last commit, and of that the second half. */
function newClock(total: number) {
  let done = 0
  let startMs = 0
  let halfMs = 0
  let half = 0
  return {
    handled(records: number, seconds: number): boolean {
      startMs ||= performance.now() - seconds * 1000
      done += records
      if (halfMs === 0 && done >= total / 2) {
        halfMs = performance.now()
        half = done
      }
      return done >= total
    },
    rates() {
      const endMs = performance.now()
      return { recordsPerS: rate(done, endMs - startMs), warmRecordsPerS: rate(done - half, endMs - halfMs) }
    },
  }
}

async function rewind(on: Log, group: string): Promise<void> {
  const partitions = (await on.topics()).find(({ name }) => name === topic)?.partitions ?? []
  await on.seek(
    group,
    partitions.map(({ partition, begin: offset }) => ({ topic, partition, offset })),
  )
}

function rate(records: number, ms: number): number {
  return (records / ms) * 1000
}
