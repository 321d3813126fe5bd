import { performance } from 'node:perf_hooks'
import { setTimeout } from 'node:timers/promises'
import { logFile, storeFile } from '../src/compose/data-files.ts'
import { openReader } from '../src/compose/storage.ts'
import { startEngineThread } from '../src/engine/engine-thread.ts'
import { appendOrders } from './orders.ts'
import { benchConfig, fileBytes, peakMemoryMb } from './workspace.ts'

/**
 * Runs as a process of its own, so that its memory is its own: appends orders while all services run, and prints, as one
 * line of JSON, when all was appended and when every group had read all of it.
 *
 * Arguments: data directory, number of orders, gateway time in ms.
 */
const [dataDir = '', countText = '', latencyText = ''] = process.argv.slice(2)
const count = Number(countText)
const config = benchConfig(dataDir, Number(latencyText))
const loggerOptions = { level: 'warn', pretty: false } as const
const engine = await startEngineThread({ config, loggerOptions, services: true, demo: undefined })
const reader = await openReader(config)

const startMs = performance.now()
await appendOrders(engine, count)
const appendedMs = performance.now() - startMs
const doneMs = new Map<string, number>()
const groups = ['fraud-group', 'payments-group', 'analytics-group', 'views-group']
while (doneMs.size < groups.length) {
  await setTimeout(20)
  for (const group of groups) {
    if (doneMs.has(group)) continue
    const lag = await reader.log.lag(group)
    if (lag.every(({ lagRecords }) => lagRecords === 0)) doneMs.set(group, performance.now() - startMs)
  }
}
const { totals } = await reader.store.totals()
if (totals.overall.orderCount !== count) throw new Error(`${totals.overall.orderCount} orders counted, not ${count}`)
const peakMb = await peakMemoryMb(process.pid)
await reader.close()
await engine.stop()
const bytes = (await fileBytes(logFile(config))) + (await fileBytes(storeFile(config)))
console.log(JSON.stringify({ appendedMs, doneMs: Object.fromEntries(doneMs), peakMb, bytes }))
