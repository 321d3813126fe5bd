import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import type { Figure } from './report.ts'
import { withDataDir } from './workspace.ts'

const run = promisify(execFile)
const processFile = fileURLToPath(new URL('flow-process.ts', import.meta.url))

type FlowResult = Readonly<{ appendedMs: number; doneMs: Record<string, number>; peakMb: number; bytes: number }>

/** End to end: from the first append until every group has read, decided and stored all orders. */
export async function benchFlow(count: number): Promise<readonly Figure[]> {
  const instant = await runFlow(count, 0)
  const paid = Math.min(count, 20_000)
  const real = await runFlow(paid, 100)
  const figure = (name: string, value: number, unit: string): Figure => ({ bench: 'flow', figure: name, value, unit })
  const perSecond = (orders: number, ms = Number.NaN): number => (orders / ms) * 1000
  return [
    figure(`${count} orders end to end, gateway answers at once`, perSecond(count, lastOf(instant)), 'orders/s'),
    figure('  of that, append while the services run', perSecond(count, instant.appendedMs), 'orders/s'),
    figure('  analytics done', perSecond(count, instant.doneMs['analytics-group']), 'orders/s'),
    figure('  peak memory', instant.peakMb, 'MB'),
    figure('  files, log and store', instant.bytes / count, 'bytes/order'),
    figure(
      `${paid} orders, gateway takes 100 ms: payments`,
      perSecond(paid, real.doneMs['payments-group']),
      'orders/s',
    ),
    figure('  analytics meanwhile', perSecond(paid, real.doneMs['analytics-group']), 'orders/s'),
  ]
}

function lastOf({ doneMs }: FlowResult): number {
  return Math.max(...Object.values(doneMs))
}

function runFlow(count: number, gatewayLatencyMs: number): Promise<FlowResult> {
  return withDataDir(async (dataDir) => {
    const args = [processFile, dataDir, String(count), String(gatewayLatencyMs)]
    const { stdout } = await run(process.execPath, args, { encoding: 'utf8' })
    return JSON.parse(stdout) as FlowResult
  })
}
