import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { after, before, describe, it, type TestContext } from 'node:test'
import type { BrowserContextOptions, Page } from 'playwright-core'
import { startApp, type App } from '../support/app.ts'
import { openBrowser, type OpenPage } from '../support/browser.ts'
import { tempDir } from '../support/temp.ts'
import { waitFor } from '../support/wait-for.ts'

const views = [
  { link: 'Overview', path: '/', heading: 'Overview' },
  { link: 'Orders', path: '/orders', heading: 'Orders' },
  { link: 'Fraud', path: '/fraud', heading: 'Fraud' },
  { link: 'Payments', path: '/payments', heading: 'Payments' },
  { link: 'Dead letters', path: '/dead-letters', heading: 'Dead letters' },
  { link: 'Pipeline', path: '/pipeline', heading: 'Pipeline' },
] as const

const producing = { args: ['--demo'], env: { SLEEP_SECONDS: '0.05' } }

describe('dashboard', () => {
  const cleanUps: (() => unknown)[] = []
  const suite = { after: (cleanUp: () => unknown) => cleanUps.unshift(cleanUp) }
  let openPage: OpenPage
  let app: App

  before(async () => {
    app = await startApp(suite, { dataDir: await tempDir(suite), ...producing })
    openPage = await openBrowser(suite)
    await waitFor('two orders are counted', async () => (await orderCount(app)) >= 2)
  })
  after(async () => {
    for (const cleanUp of cleanUps) await cleanUp()
  })

  /** A page of the running app that must end without an error on its console. */
  async function open(t: TestContext, path: string, options?: BrowserContextOptions): Promise<Page> {
    const { page, errors } = await openPage(t, `${app.url}${path}`, options)
    t.after(() => assert.deepEqual(errors, []))
    return page
  }

  it('shows totals that rise by themselves, and the newest orders', async (t) => {
    const page = await open(t, '/')
    const shown = () => figure(page, 'Orders')
    await waitFor('a total is shown', async () => (await shown()) > 0)
    const first = await shown()
    await waitFor('the total rises', async () => (await shown()) > first)
    await page.getByText('Live', { exact: true }).waitFor()
    await page.getByText(/^All [\d,]+ orders accounted for$/).waitFor()
    await page.getByRole('table', { name: 'Newest orders' }).getByRole('link').first().waitFor()
    await page.getByRole('slider', { name: /Sales and orders a minute/ }).waitFor()
  })

  it('leads to every view by its navigation', async (t) => {
    const page = await open(t, '/')
    for (const { link, path, heading } of views.toReversed()) {
      await page.getByRole('navigation').getByRole('link', { name: link }).click()
      await page.getByRole('heading', { level: 1, name: heading }).waitFor()
      assert.equal(new URL(page.url()).pathname, path)
    }
  })

  it('opens an order from its row, with all that happened to it', async (t) => {
    const page = await open(t, '/orders?sort=oldest')
    await page.getByRole('cell', { name: /^\$/ }).first().click()
    await page.getByRole('heading', { level: 1, name: 'Order 1', exact: true }).waitFor()
    const story = page.getByRole('region', { name: 'What happened' })
    await story.getByText('Received').waitFor()
    await story.getByText('To be charged').waitFor()
    await story.getByText('Paid', { exact: true }).waitFor()
    await page.getByText('"order_id": 1,').waitFor()
  })

  it('finds an order by its id with the / key, and says when there is none', async (t) => {
    const { page, errors } = await openPage(t, `${app.url}/pipeline`)
    await page.getByRole('heading', { name: 'Topics' }).waitFor()
    await page.keyboard.press('/')
    await page.keyboard.type('2')
    await page.keyboard.press('Enter')
    await page.getByRole('heading', { level: 1, name: 'Order 2', exact: true }).waitFor()
    await page.getByText('What happened').waitFor()
    assert.deepEqual(errors, [])

    await page.keyboard.press('/')
    await page.keyboard.type('900719925474')
    await page.keyboard.press('Enter')
    await page.getByText('NOT_FOUND').waitFor()
    await page.getByRole('button', { name: 'Retry' }).waitFor()
  })

  it('keeps filters and sort in the URL and restores them from it', async (t) => {
    const page = await open(t, '/orders')
    await page.getByRole('button', { name: 'Status', exact: true }).click()
    await page.getByRole('button', { name: 'Confirmed' }).click()
    await page.getByRole('button', { name: 'Amount', exact: true }).first().click()
    await page.getByLabel('At least').fill('20')
    await page.getByRole('button', { name: 'Apply' }).click()
    await page.getByRole('columnheader', { name: 'Amount' }).getByRole('button').click()
    await page.waitForURL(/\?status=CONFIRMED&amount_min=20&sort=amount_desc$/)

    await page.reload()
    await page.getByRole('button', { name: 'Remove the filter Status' }).waitFor()
    await page.getByRole('button', { name: 'Remove the filter Amount' }).waitFor()
    const sorted = page.getByRole('columnheader', { name: 'Amount' })
    await waitFor('the sort is shown', async () => (await sorted.getAttribute('aria-sort')) === 'descending')
    await page.getByRole('cell', { name: 'Confirmed' }).first().waitFor()
    assert.equal(await page.getByRole('cell', { name: 'Created' }).count(), 0)
  })

  it('shows a refused record byte for byte, and why', async (t) => {
    await postConflict(app)
    const page = await open(t, '/dead-letters')
    await page
      .getByRole('link', { name: /^orders-\d+@\d+$/ })
      .first()
      .click()
    await page.getByRole('heading', { level: 1, name: 'Dead letter' }).waitFor()
    await page.getByText('ORDER_ID_CONFLICT').first().waitFor()
    const value = page.getByRole('region', { name: 'Value' })
    await value.getByText('"customer_id": 4242').waitFor()
    await value.getByRole('button', { name: 'Hex' }).click()
    await value.getByText(/^00000000 {2}7b 22/).waitFor()
    await page.getByText('__dlq.errors.offset').waitFor()
  })

  it('holds a list still while the pointer is on it, and says how many wait', async (t) => {
    const page = await open(t, '/')
    const list = page.getByRole('table', { name: 'Newest orders' })
    const newest = list.getByRole('link').first()
    await newest.waitFor()
    // Its head, which stays: looking again for what is replaced may scroll the list, which pauses it too, for good.
    await list.getByRole('columnheader').first().hover()
    await page.getByText(/^Paused, [\d,]+ waiting$/).waitFor()
    const held = await newest.textContent()
    await page.getByText(/^Paused, (?:[2-9]|\d{2,}) waiting$/).waitFor()
    assert.equal(await newest.textContent(), held)
    await page.mouse.move(0, 0)
    await waitFor('the list goes on', async () => (await newest.textContent()) !== held)
  })

  // A list held still from before its first row on stayed empty for as long as the pointer lay there.
  it('fills a list although the pointer lies on it while the page loads', async (t) => {
    const page = await open(t, '/')
    const list = page.getByRole('table', { name: 'Newest orders' })
    const hovered = Promise.withResolvers<void>()
    await page.route('**/api/v1/stream', async (route) => {
      await hovered.promise
      await route.continue()
    })
    await page.reload()
    await list.hover()
    hovered.resolve()
    await list.getByRole('link').first().waitFor()
  })

  it('is usable by keyboard: skip link, rows and Enter', async (t) => {
    const page = await open(t, '/orders')
    const first = page.getByRole('table', { name: 'Orders' }).getByRole('link').first()
    await first.waitFor()
    await page.keyboard.press('Tab')
    assert.equal(await page.evaluate<string>('document.activeElement.textContent'), 'Skip to the content')
    await page.keyboard.press('Enter')
    assert.equal(await page.evaluate<string>('document.activeElement.id'), 'main')

    await first.focus()
    await page.keyboard.press('ArrowDown')
    const second = await page.evaluate<string>('document.activeElement.textContent')
    await page.keyboard.press('Enter')
    await page.getByRole('heading', { level: 1, name: `Order ${second}`, exact: true }).waitFor()
  })

  it('follows the system’s theme until one is chosen, and remembers the choice', async (t) => {
    const page = await open(t, '/', { colorScheme: 'dark' })
    assert.ok((await brightness(page)) < 64, 'dark by the system')
    await page.getByRole('button', { name: /^Theme: / }).click()
    await waitFor('it is light', async () => (await brightness(page)) > 192)
    await page.reload()
    assert.ok((await brightness(page)) > 192, 'light by choice')
    await page.getByRole('button', { name: 'Theme: light. Change' }).click()
    await page.getByRole('button', { name: 'Theme: dark. Change' }).click()
    await page.getByRole('button', { name: /^Theme: the system/ }).waitFor()
  })

  // Services were shown as running, in green, and lists that were never loaded as loading, for as long as the server was gone.
  it('claims nothing about now while the server is gone, and starts nothing', async (t) => {
    const gone = await startApp(t, { dataDir: await tempDir(t) })
    const { page } = await openPage(t, `${gone.url}/pipeline`)
    const running = page.getByRole('cell', { name: 'Running' }).first()
    const colour = () => page.evaluate<string>(`getComputedStyle(document.querySelector('td .dot')).backgroundColor`)
    await running.waitFor()
    const green = await colour()
    await page.getByRole('navigation').getByRole('link', { name: 'Reconciliation' }).click()
    await page.getByRole('button', { name: 'Check everything' }).click()
    await gone.end('SIGKILL')
    await page.getByText('nothing can be started').waitFor()
    assert.ok(await page.getByRole('button', { name: 'Start the check' }).isDisabled())
    await page.getByRole('button', { name: 'Cancel' }).click()
    await page.getByTitle('The server does not answer').first().waitFor()

    await page.getByRole('navigation').getByRole('link', { name: 'Payments' }).click()
    await page.getByText('SERVER_UNREACHABLE').waitFor()
    await page.getByRole('navigation').getByRole('link', { name: 'Pipeline' }).click()
    await running.waitFor()
    assert.notEqual(await colour(), green)
    await page.getByRole('navigation').getByRole('link', { name: 'Payments' }).click()
    await page.getByText('SERVER_UNREACHABLE').waitFor()
    await startApp(t, { dataDir: gone.dataDir, port: Number(new URL(gone.url).port) })
    await page.getByText('No payments yet').waitFor()
  })

  it('says when the server is gone, and goes on without a reload when it is back', async (t) => {
    const { page } = await openPage(t, app.url)
    await waitFor('a total is shown', async () => (await figure(page, 'Orders')) > 0)
    await page.evaluate(`document.body.dataset.loaded = 'once'`)
    await app.end('SIGKILL')
    await page.getByText('Disconnected from the server.').waitFor()
    await page.getByText('Reconnecting').waitFor()
    const held = await figure(page, 'Orders')
    assert.ok(held > 0, 'the last figures stay')

    const port = Number(new URL(app.url).port)
    app = await startApp(suite, { dataDir: app.dataDir, ...producing, port })
    await page.getByText('Disconnected from the server.').waitFor({ state: 'detached' })
    await waitFor('totals rise again', async () => (await figure(page, 'Orders')) > held)
    assert.equal(await page.evaluate<string>('document.body.dataset.loaded'), 'once')
  })

  it('asks for a token where one is needed, remembers it, and forgets it when asked to', async (t) => {
    const token = 'a token of a viewer'
    const env = { ORDERMILL_TOKENS: `viewer:${createHash('sha256').update(token).digest('hex')}` }
    const guarded = await startApp(t, { dataDir: await tempDir(t), env })
    const { page } = await openPage(t, guarded.url)
    await page.getByLabel('Token').fill('another one')
    await page.getByRole('button', { name: 'Sign in' }).click()
    await page.getByText('this token is not known').waitFor()
    await page.getByLabel('Token').fill(token)
    await page.getByRole('button', { name: 'Sign in' }).click()
    await page.getByText('Ready: no orders yet').waitFor()
    await page.reload()
    await page.getByText('Ready: no orders yet').waitFor()

    await page.getByRole('button', { name: 'Viewer' }).click()
    await page.getByText('May look, and change nothing').waitFor()
    await page.getByRole('button', { name: 'Sign out' }).click()
    await page.getByLabel('Token').waitFor()
    await page.reload()
    await page.getByLabel('Token').waitFor()
  })

  it('says what to do when there are no orders yet', async (t) => {
    const empty = await startApp(t, { dataDir: await tempDir(t) })
    const { page, errors } = await openPage(t, empty.url)
    await page.getByText('Ready: no orders yet').waitFor()
    await page.getByText('npx ordermill import FILE').first().waitFor()
    for (const [path, text] of [
      ['/orders', 'No orders yet'],
      ['/fraud', 'No order was flagged'],
      ['/payments', 'No payments yet'],
      ['/dead-letters', 'Nothing was refused'],
    ] as const) {
      await page.goto(`${empty.url}${path}`)
      await page.getByText(text).waitFor()
    }
    assert.deepEqual(errors, [])
  })
})

async function orderCount(app: App): Promise<number> {
  const response = await fetch(`${app.url}/api/v1/totals`)
  const totals = (await response.json()) as { order_count: number }
  return totals.order_count
}

/** Order 1 again, with another customer: whoever keeps orders refuses it. */
async function postConflict(app: App): Promise<void> {
  const created_at = '2026-01-01T00:00:00Z'
  const content = { customer_id: 4242, amount: 10, currency: 'USD', country: 'US', status: 'CREATED', created_at }
  await postOrders(app, { order_id: 1, ...content })
}

async function postOrders(app: App, body: unknown): Promise<void> {
  const headers = { 'content-type': 'application/json' }
  const response = await fetch(`${app.url}/api/v1/orders`, { method: 'POST', headers, body: JSON.stringify(body) })
  assert.equal(response.status, 202, await response.text())
}

/** What the tile shows, as a number; 0 while it shows none. */
async function figure(page: Page, label: string): Promise<number> {
  const tile = page.locator('.tile', { has: page.getByText(label, { exact: true }) })
  return Number((await tile.locator('.tile-value').textContent())?.replaceAll(',', '') ?? 0)
}

async function brightness(page: Page): Promise<number> {
  const colour = await page.evaluate<string>('getComputedStyle(document.body).backgroundColor')
  return Math.max(...(colour.match(/\d+/g) ?? []).slice(0, 3).map(Number))
}
