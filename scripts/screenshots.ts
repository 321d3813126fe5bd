/**
 * `npm run screenshots [-- <part of a name>]` takes pictures of every page, of a real server with made-up orders, and writes
 * them to docs/images/ as PNG: 1280 x 800 in both themes, and a phone for two of them.
 */
import { mkdir, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Page } from 'playwright-core'
import type { DeadLetter } from '../src/api/contract.ts'
import { startApp, type App } from '../test/support/app.ts'
import { openBrowser } from '../test/support/browser.ts'
import { settled } from '../test/support/page-steps.ts'
import { fillShowcase, readApi, showcaseFirstId, showcaseSettings, untilProcessed } from '../test/support/showcase.ts'

const folder = process.env['ORDERMILL_SCREENSHOTS'] ?? fileURLToPath(new URL('../docs/images', import.meta.url))
const ordersMade = 1_200
const desktop = { width: 1280, height: 800 }
const phone = { width: 390, height: 844 }

type Shot = Readonly<{
  name: string
  path: string
  /** What must be there before the picture is taken. */
  ready: (page: Page) => Promise<unknown>
  phone?: boolean
}>

const cleanUps: (() => unknown)[] = []
const suite = { after: (cleanUp: () => unknown) => void cleanUps.unshift(cleanUp) }

try {
  await takeAll(process.argv[2] ?? '')
} finally {
  for (const cleanUp of cleanUps) await cleanUp()
}

async function takeAll(wanted: string): Promise<void> {
  const dataDir = await mkdtemp(join(tmpdir(), 'ordermill-screenshots-'))
  suite.after(() => rm(dataDir, { recursive: true, force: true }))
  await fillShowcase(dataDir, { nowMs: Date.now(), orders: ordersMade })
  const app = await startApp(suite, { dataDir, env: showcaseSettings })
  await untilProcessed(app)
  const openPage = await openBrowser(suite)
  await mkdir(folder, { recursive: true })
  const shots = (await shotsOf(app)).filter(({ name }) => name.includes(wanted))
  for (const shot of shots) {
    for (const colorScheme of ['light', 'dark'] as const) {
      await take(shot, { colorScheme, viewport: desktop, suffix: colorScheme })
      if (shot.phone) await take(shot, { colorScheme, viewport: phone, suffix: `phone-${colorScheme}` })
    }
  }

  async function take(shot: Shot, how: { colorScheme: 'light' | 'dark'; viewport: typeof phone; suffix: string }) {
    const closing: (() => unknown)[] = []
    const { page } = await openPage({ after: (cleanUp) => closing.push(cleanUp) }, `${app.url}${shot.path}`, how)
    await shot.ready(page)
    await settled(page, shot.path)
    await page.screenshot({ path: join(folder, `${shot.name}-${how.suffix}.png`) })
    for (const close of closing) await close()
  }
}

async function shotsOf(app: App): Promise<readonly Shot[]> {
  const { items } = await readApi<{ items: readonly DeadLetter[] }>(app, '/dead-letters?code=RECORD_INVALID')
  const letter = encodeURIComponent(items.find(({ message }) => message.includes('amount'))?.id ?? '')
  return [
    { name: 'overview', path: '/', ready: (page) => page.getByRole('slider').waitFor(), phone: true },
    { name: 'orders', path: '/orders', ready: firstLink },
    {
      name: 'order',
      path: `/orders/${showcaseFirstId}`,
      ready: (page) => page.getByText('"customer_id"').first().waitFor(),
      phone: true,
    },
    { name: 'fraud', path: '/fraud', ready: firstLink },
    { name: 'payments', path: '/payments?outcome=HELD', ready: firstLink },
    { name: 'dead-letters', path: '/dead-letters', ready: firstLink },
    { name: 'redrive', path: '/dead-letters', ready: openRedrive },
    {
      name: 'dead-letter',
      path: `/dead-letters/${letter}`,
      ready: (page) => page.getByRole('region', { name: 'Headers' }).waitFor(),
    },
    {
      name: 'pipeline',
      path: '/pipeline?group=payments-group',
      ready: (page) => page.getByRole('table', { name: /^Partitions of/ }).waitFor(),
    },
    {
      name: 'reconciliation',
      path: '/reconciliation',
      ready: (page) => page.getByRole('table', { name: 'Checks' }).waitFor(),
    },
    { name: 'activity', path: '/activity', ready: (page) => page.getByRole('heading', { name: 'Activity' }).waitFor() },
  ]
}

async function firstLink(page: Page): Promise<void> {
  await page.getByRole('table').getByRole('link').first().waitFor()
}

async function openRedrive(page: Page): Promise<void> {
  await page.getByRole('button', { name: 'Redrive all that match…' }).click()
  await page.getByRole('table', { name: 'What would come of it' }).waitFor()
}
