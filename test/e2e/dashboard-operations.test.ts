import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { after, before, describe, it, type TestContext } from 'node:test'
import type { BrowserContextOptions, Page } from 'playwright-core'
import type { DeadLetter, Payment } from '../../src/api/contract.ts'
import { startApp, type App } from '../support/app.ts'
import { accessibilityFaults } from '../support/axe.ts'
import { openBrowser, type OpenPage } from '../support/browser.ts'
import { fillShowcase, readApi, showcaseFirstId, showcaseSettings, untilProcessed } from '../support/showcase.ts'
import { tempDir } from '../support/temp.ts'
import { waitFor } from '../support/wait-for.ts'

const desktop = { width: 1280, height: 800 }
const phone = { width: 390, height: 844 }
const orders = 90

describe('the page, for who operates the system', () => {
  const cleanUps: (() => unknown)[] = []
  const suite = { after: (cleanUp: () => unknown) => cleanUps.unshift(cleanUp) }
  let openPage: OpenPage
  let app: App

  before(async () => {
    const dataDir = await tempDir(suite)
    await fillShowcase(dataDir, { nowMs: Date.now(), orders })
    app = await startApp(suite, { dataDir, env: { ...showcaseSettings, ORDERMILL_GATEWAY_DECLINE_RATIO: '0.2' } })
    openPage = await openBrowser(suite)
    await untilProcessed(app)
  })
  after(async () => {
    for (const cleanUp of cleanUps) await cleanUp()
  })

  /** A page that must end without an error on its console. */
  async function open(t: TestContext, path: string, options?: BrowserContextOptions): Promise<Page> {
    const { page, errors } = await openPage(t, `${app.url}${path}`, options)
    t.after(() => assert.deepEqual(errors, []))
    return page
  }

  async function firstPayment(outcome: Payment['outcome']): Promise<Payment> {
    const { items } = await readApi<{ items: readonly Payment[] }>(app, `/payments?outcome=${outcome}`)
    assert.ok(items[0], `no payment is ${outcome}`)
    return items[0]
  }

  async function letterOf(words: string): Promise<DeadLetter> {
    const { items } = await readApi<{ items: readonly DeadLetter[] }>(app, '/dead-letters')
    const letter = items.find(({ message }) => message.includes(words))
    assert.ok(letter, `no letter says ${words}`)
    return letter
  }

  it('breaks no rule of WCAG 2.2 AA that a program can find, on any page, in both themes, wide and narrow', async (t) => {
    const letter = encodeURIComponent((await letterOf('amount')).id)
    const page = await open(t, '/')
    const faults: string[] = []
    for (const path of [...paths, `/dead-letters/${letter}`]) {
      await page.goto(`${app.url}${path}`)
      await settled(page, path)
      for (const size of [desktop, phone]) {
        await page.setViewportSize(size)
        faults.push(...(await faultsInThemes(page, `${path} at ${size.width} px`)))
      }
    }
    assert.deepEqual(faults, [])
  })

  it('leads to the pages that a phone’s bar has no room for', async (t) => {
    const page = await open(t, '/', { viewport: phone })
    const more = page.getByRole('button', { name: 'More pages' })
    for (const name of ['Fraud', 'Pipeline', 'Reconciliation', 'Activity']) {
      await more.click()
      await page.getByRole('link', { name, exact: true }).click()
      await page.getByRole('heading', { level: 1, name }).waitFor()
    }
    await more.click()
    await page.getByRole('link', { name: 'Fraud', exact: true }).waitFor()
    await page.keyboard.press('Escape')
    await page.getByRole('link', { name: 'Fraud', exact: true }).waitFor({ state: 'detached' })
    assert.equal(await page.evaluate<string>('document.activeElement.textContent'), 'More pages')
  })

  it('downloads a list as it is filtered', async (t) => {
    const page = await open(t, '/orders?status=CANCELLED')
    await page.getByRole('button', { name: 'Export' }).click()
    const downloading = page.waitForEvent('download')
    await page.getByRole('link', { name: /^NDJSON/ }).click()
    const text = await textOf(await (await downloading).createReadStream())
    const statuses = new Set(
      text
        .trim()
        .split('\n')
        .map((line) => (JSON.parse(line) as { status: string }).status),
    )
    assert.deepEqual([...statuses], ['CANCELLED'])
  })

  it('tells an order’s journey with the place in the log of each step', async (t) => {
    const { order_id } = await firstPayment('PAID')
    const page = await open(t, `/orders/${order_id}`)
    const story = page.getByRole('region', { name: 'What happened' })
    for (const title of ['Received', 'Paid', 'Counted in the totals'])
      await story.getByText(title, { exact: true }).waitFor()
    await story
      .getByText(/^orders\/\d+@\d+$/)
      .first()
      .waitFor()
    await story
      .getByText(/^payments-group · \+[\d.]+ m?s · $/)
      .first()
      .waitFor()
    await page.getByText(`"order_id": ${order_id},`).waitFor()
  })

  it('pauses a group and lets it go on', async (t) => {
    const page = await open(t, '/pipeline?group=fraud-group')
    await page.getByRole('button', { name: 'Pause' }).click()
    await inDialog(page, 'Pause fraud-group?')
      .getByText(/reads no more until it is resumed/)
      .waitFor()
    await inDialog(page, 'Pause fraud-group?').getByRole('button', { name: 'Pause' }).click()
    await toast(page, 'fraud-group is paused')
    await page
      .getByRole('row', { name: /^fraud-group/ })
      .getByText('Paused')
      .waitFor()
    await page.getByRole('button', { name: 'Resume' }).click()
    await inDialog(page, 'Resume fraud-group?').getByRole('button', { name: 'Resume' }).click()
    await toast(page, 'fraud-group is running again')
    await page.getByRole('button', { name: 'Pause' }).waitFor()
  })

  it('says what moving a group would repeat before it moves it', async (t) => {
    const page = await open(t, '/pipeline?group=views-group')
    await page.getByRole('button', { name: 'Move offsets…' }).click()
    const dialog = inDialog(page, 'Move the offsets of views-group')
    await dialog.getByRole('button', { name: 'Beginning' }).click()
    await dialog.getByRole('button', { name: 'Preview' }).click()
    await dialog.getByRole('table', { name: 'What would move' }).waitFor()
    await dialog.getByText(/^0 records would never be read, \d+ records would be read again\.$/).waitFor()
    assert.deepEqual(await faultsInThemes(page, 'move offsets'), [])
    await dialog.getByRole('button', { name: 'Move the offsets' }).click()
    await toast(page, 'views-group was moved')
    await page.getByRole('link', { name: 'Show the changes' }).click()
    await page.getByRole('cell', { name: 'Seek' }).first().waitFor()
  })

  it('keeps the focus in a dialog, and gives it back on Escape', async (t) => {
    const page = await open(t, '/pipeline?group=fraud-group')
    const pause = page.getByRole('button', { name: 'Pause' })
    await pause.focus()
    await page.keyboard.press('Enter')
    await inDialog(page, 'Pause fraud-group?').waitFor()
    for (let press = 0; press < 5; press += 1) await page.keyboard.press('Tab')
    assert.ok(
      await page.evaluate<boolean>(
        `['DIALOG', 'BODY'].includes(document.activeElement.tagName) || document.activeElement.closest('dialog') !== null`,
      ),
    )
    await page.keyboard.press('Escape')
    await inDialog(page, 'Pause fraud-group?').waitFor({ state: 'detached' })
    assert.equal(await page.evaluate<string>('document.activeElement.textContent'), 'Pause')
  })
})

const paths = [
  '/',
  '/orders',
  `/orders/${showcaseFirstId}`,
  '/fraud',
  '/payments?outcome=HELD',
  '/dead-letters',
  '/dead-letters?state=redriven',
  '/pipeline?group=payments-group',
  '/reconciliation',
  '/activity',
  '/activity?show=changes',
  '/nowhere',
] as const

async function settled(page: Page, path: string): Promise<void> {
  await page.getByText('Live', { exact: true }).waitFor()
  await waitFor(`${path} is loaded`, async () => (await page.locator('.skeleton, .chart-loading').count()) === 0)
}

async function faultsInThemes(page: Page, where: string): Promise<readonly string[]> {
  const faults: string[] = []
  for (const colorScheme of ['light', 'dark'] as const) {
    await page.emulateMedia({ colorScheme })
    for (const fault of await accessibilityFaults(page)) faults.push(`${where}, ${colorScheme}: ${fault}`)
  }
  return faults
}

function inDialog(page: Page, name: string) {
  return page.getByRole('dialog', { name })
}

/** Waits for it, and dismisses it: it must not be taken for a later one. */
async function toast(page: Page, title: string | RegExp): Promise<void> {
  await page.locator('.toast-title', { hasText: title }).waitFor()
}

async function textOf(stream: AsyncIterable<Buffer>): Promise<string> {
  const chunks: Buffer[] = []
  for await (const chunk of stream) chunks.push(chunk)
  return Buffer.concat(chunks).toString()
}

function hashOf(token: string): string {
  return createHash('sha256').update(token).digest('hex')
}
