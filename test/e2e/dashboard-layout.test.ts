import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import type { DeadLetter } from '../../src/api/contract.ts'
import { startApp, type App } from '../support/app.ts'
import { openBrowser, type OpenPage } from '../support/browser.ts'
import { layoutFaults } from '../support/layout.ts'
import { settled } from '../support/page-steps.ts'
import { fillShowcase, readApi, showcaseFirstId, showcaseSettings, untilProcessed } from '../support/showcase.ts'
import { tempDir } from '../support/temp.ts'
import { waitFor } from '../support/wait-for.ts'

/** Also both sides of where the navigation changes. From wide to narrow: what isn't drawn anew yet is a fault then. */
const widths = [1920, 1440, 1280, 1100, 1024, 900, 768, 767, 640, 360]
const orders = 90
const height = 900

const paths = [
  '/',
  '/orders',
  `/orders/${showcaseFirstId}`,
  '/fraud',
  '/payments',
  '/payments?outcome=HELD',
  '/dead-letters',
  '/pipeline?group=payments-group',
  '/pipeline?topic=orders',
  '/reconciliation',
  '/activity',
  '/activity?show=changes',
  '/nowhere',
]

// Columns were cut off at 768 px, the buttons that decide about a payment among them, and nothing could be scrolled to them.
describe('the page’s layout', () => {
  const cleanUps: (() => unknown)[] = []
  const suite = { after: (cleanUp: () => unknown) => cleanUps.unshift(cleanUp) }
  let openPage: OpenPage
  let app: App

  before(async () => {
    const dataDir = await tempDir(suite)
    await fillShowcase(dataDir, { nowMs: Date.now(), orders })
    app = await startApp(suite, { dataDir, env: showcaseSettings })
    openPage = await openBrowser(suite)
    await untilProcessed(app)
    await runCheck(app)
  })
  after(async () => {
    for (const cleanUp of cleanUps) await cleanUp()
  })

  it('cuts nothing off at any width: all is in its card, or can be scrolled to within it', async (t) => {
    const { page } = await openPage(t, app.url)
    const faults: string[] = []
    for (const path of [...paths, await letterPath(app)]) {
      await page.goto(`${app.url}${path}`)
      await settled(page, path)
      for (const width of widths) {
        await page.setViewportSize({ width, height })
        for (const fault of new Set(await layoutFaults(page))) faults.push(`${path} at ${width} px: ${fault}`)
      }
    }
    assert.deepEqual(faults, [])
  })

  it('shows on a tablet what decides about a payment, and what an order was worth', async (t) => {
    const { page } = await openPage(t, `${app.url}/payments?outcome=HELD`, { viewport: { width: 768, height } })
    await page
      .getByRole('button', { name: /^Release order/ })
      .first()
      .click({ trial: true })
    await page.goto(app.url)
    for (const name of ['Newest orders', 'Newest alerts']) {
      const newest = page.getByRole('table', { name })
      await newest.getByRole('columnheader', { name: 'Amount' }).waitFor()
      await newest.getByRole('columnheader', { name: 'Received' }).waitFor()
    }
  })

  it('scrolls with the keyboard to what became of each record, on a phone', async (t) => {
    const { page } = await openPage(t, `${app.url}/reconciliation`, { viewport: { width: 360, height } })
    const box = page.getByRole('group', { name: 'Record by record, scrolls sideways' })
    await box.focus()
    const last = box.getByRole('columnheader', { name: 'Difference' })
    await waitFor('the last column is in sight', async () => {
      await page.keyboard.press('ArrowRight')
      const place = await last.boundingBox()
      return place !== null && place.x + place.width <= 360
    })
  })
})

/** A job and a change, so that no list is empty. */
async function runCheck({ url }: App): Promise<void> {
  const headers = { 'content-type': 'application/json' }
  const body = JSON.stringify({ kind: 'check' })
  const response = await fetch(`${url}/api/v1/jobs`, { method: 'POST', headers, body })
  assert.equal(response.status, 202, await response.text())
}

async function letterPath(app: App): Promise<string> {
  const { items } = await readApi<{ items: readonly DeadLetter[] }>(app, '/dead-letters')
  const letter = items.find(({ message }) => message.includes('/amount'))
  assert.ok(letter, 'no letter says /amount')
  return `/dead-letters/${encodeURIComponent(letter.id)}`
}
