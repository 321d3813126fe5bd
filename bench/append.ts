import { performance } from 'node:perf_hooks'
import { openEngine } from '../src/compose/engine.ts'
import { createLogger } from '../src/telemetry/logger.ts'
import { createMetrics } from '../src/telemetry/metrics.ts'
import { appendOrders } from './orders.ts'
import type { Figure } from './report.ts'
import { benchConfig, withDataDir } from './workspace.ts'

/** Fills a log without any service running; every acknowledged send is on the disk. */
export async function fillLog(dataDir: string, count: number): Promise<void> {
  const telemetry = {
    logger: createLogger({ level: 'warn', pretty: false }),
    metrics: createMetrics({ processMetrics: false }),
  }
  const engine = await openEngine(benchConfig(dataDir, 0), telemetry)
  await appendOrders(engine.log, count)
  await engine.close()
}

export async function benchAppend(count: number): Promise<readonly Figure[]> {
  const seconds = await withDataDir(async (dataDir) => {
    const startMs = performance.now()
    await fillLog(dataDir, count)
    return (performance.now() - startMs) / 1000
  })
  return [{ bench: 'append', figure: `${count} orders made up and appended`, value: count / seconds, unit: 'orders/s' }]
}
