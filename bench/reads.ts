import autocannon from 'autocannon'
import { setTimeout } from 'node:timers/promises'
import type { GroupList } from '../src/api/contract.ts'
import { fillLog } from './append.ts'
import { percentile, type Figure } from './report.ts'
import { withServer } from './served.ts'
import { peakMemoryMb, withDataDir } from './workspace.ts'

const connections = 4
const secondsIdle = 8
const samplePauseMs = 5

/** GET /api/v1/totals while the services work off a backlog at full speed, and when they are idle again. */
export async function benchReads(backlog: number): Promise<readonly Figure[]> {
  return withDataDir(async (dataDir) => {
    await fillLog(dataDir, backlog)
    return withServer(dataDir, { ORDERMILL_GATEWAY_LATENCY_MS: '0' }, async ({ url, pid }) => {
      const busyMs = await sampleUntilRead(url)
      const peakMb = await peakMemoryMb(pid)
      const idle = await autocannon({ url: `${url}/api/v1/totals`, connections, duration: secondsIdle })
      const figure = (name: string, value: number, unit: string): Figure => ({
        bench: 'reads',
        figure: name,
        value,
        unit,
      })
      return [
        figure(`totals during a backlog of ${backlog}: p50`, percentile(busyMs, 0.5), 'ms'),
        figure('  p99', percentile(busyMs, 0.99), 'ms'),
        figure('  peak memory of the server', peakMb, 'MB'),
        figure('totals when idle', idle.requests.average, 'requests/s'),
        figure('  p99', idle.latency.p99, 'ms'),
      ]
    })
  })
}

/** One request at a time, so that the flow keeps the processors to itself. */
async function sampleUntilRead(url: string): Promise<readonly number[]> {
  const samples: number[] = []
  while (samples.length % 50 !== 0 || (await lagOf(url)) > 0 || samples.length === 0) {
    const startMs = performance.now()
    await (await fetch(`${url}/api/v1/totals`)).arrayBuffer()
    samples.push(performance.now() - startMs)
    await setTimeout(samplePauseMs)
  }
  return samples
}

async function lagOf(url: string): Promise<number> {
  const response = await fetch(`${url}/api/v1/groups`)
  const { items } = (await response.json()) as GroupList
  return items.reduce((sum, { lag_records }) => sum + lag_records, 0)
}
