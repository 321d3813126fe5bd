import { openBrowser } from '../test/support/browser.ts'
import { fillLog } from './append.ts'
import { percentile, type Figure } from './report.ts'
import { withServer } from './served.ts'
import { untilProcessed } from '../test/support/showcase.ts'
import { withDataDir } from './workspace.ts'

const loads = 12
/** The promise: the first view under a second, on loopback. */
const ordersMax = 10_000

/**
 * The overview as a new visitor's browser loads it: first contentful paint, and the time until a figure of the server is
 * shown. Chromium is the real one, with an empty cache at each load.
 */
export async function benchPage(orders: number): Promise<readonly Figure[]> {
  return withDataDir(async (dataDir) => {
    await fillLog(dataDir, Math.min(orders, ordersMax))
    return withServer(dataDir, { ORDERMILL_GATEWAY_LATENCY_MS: '0' }, async ({ url }) => {
      await untilProcessed({ url })
      const seen = await loadOften(url)
      const figures = (name: string, samples: readonly number[]): readonly Figure[] => [
        { bench: 'page', figure: `${name}: p50`, value: percentile(samples, 0.5), unit: 'ms' },
        { bench: 'page', figure: '  slowest', value: Math.max(...samples), unit: 'ms' },
      ]
      return [
        ...figures(
          'first contentful paint',
          seen.map(({ paintMs }) => paintMs),
        ),
        ...figures(
          'first data on the overview',
          seen.map(({ dataMs }) => dataMs),
        ),
      ]
    })
  })
}

type Load = Readonly<{ paintMs: number; dataMs: number }>

async function loadOften(url: string): Promise<readonly Load[]> {
  const cleanUps: (() => unknown)[] = []
  const openPage = await openBrowser({ after: (cleanUp) => void cleanUps.push(cleanUp) })
  const seen: Load[] = []
  try {
    for (let load = 0; load < loads; load += 1) {
      const closing: (() => unknown)[] = []
      const { page } = await openPage({ after: (cleanUp) => void closing.push(cleanUp) }, url)
      await page.locator('.tile-value', { hasText: /\d/ }).first().waitFor()
      seen.push(await page.evaluate<Load>(timesInPage))
      for (const close of closing) await close()
    }
  } finally {
    for (const cleanUp of cleanUps) await cleanUp()
  }
  return seen
}

/** Since the navigation began. */
const timesInPage = `({
  paintMs: performance.getEntriesByName('first-contentful-paint')[0]?.startTime ?? NaN,
  dataMs: performance.now(),
})`
