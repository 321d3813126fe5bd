import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { after, before, describe, it, type TestContext } from 'node:test'
import type { BrowserContextOptions, Page } from 'playwright-core'
import type { DeadLetter, OrderDetail, Payment } from '../../src/api/contract.ts'
import { startApp, type App } from '../support/app.ts'
import { accessibilityFaults } from '../support/axe.ts'
import { openBrowser, type OpenPage } from '../support/browser.ts'
import { inDialog, pauseAndResume, settled, toast } from '../support/page-steps.ts'
import { fillShowcase, readApi, showcaseFirstId, showcaseSettings, untilProcessed } from '../support/showcase.ts'
import { tempDir } from '../support/temp.ts'
import { waitFor } from '../support/wait-for.ts'

const desktop = { width: 1280, height: 800 }
const phone = { width: 390, height: 844 }
const orders = 90
const stepTimeoutMs = 60_000
/** Of a token that may change things, and of one that may only look. */
const operatorToken = 'an-operator'
const viewerToken = 'a-viewer'
const env = {
  ...showcaseSettings,
  ORDERMILL_GATEWAY_DECLINE_RATIO: '0.2',
  ORDERMILL_TOKENS: `operator:${hashOf(operatorToken)},viewer:${hashOf(viewerToken)}`,
}

describe('the page, for who operates the system', () => {
  const cleanUps: (() => unknown)[] = []
  const suite = { after: (cleanUp: () => unknown) => cleanUps.unshift(cleanUp) }
  let openPage: OpenPage
  let app: App & Readonly<{ headers: Readonly<Record<string, string>> }>

  before(async () => {
    const dataDir = await tempDir(suite)
    await fillShowcase(dataDir, { nowMs: Date.now(), orders })
    app = { ...(await startApp(suite, { dataDir, env })), headers: { authorization: `Bearer ${operatorToken}` } }
    openPage = await openBrowser(suite)
    await untilProcessed(app)
  })
  after(async () => {
    for (const cleanUp of cleanUps) await cleanUp()
  })

  /** A page that must end without an error on its console. */
  async function open(t: TestContext, path: string, options: BrowserContextOptions = {}): Promise<Page> {
    const { page, errors } = await openPage(t, `${app.url}${path}`, { ...signedIn(operatorToken), ...options })
    page.setDefaultTimeout(stepTimeoutMs)
    t.after(() => assert.deepEqual(errors, []))
    return page
  }

  async function firstPayment(outcome: Payment['outcome']): Promise<Payment> {
    const { items } = await readApi<{ items: readonly Payment[] }>(app, `/payments?outcome=${outcome}`)
    assert.ok(items[0], `no payment is ${outcome}`)
    return items[0]
  }

  async function paymentOf(orderId: number): Promise<Payment> {
    const { payment } = await readApi<OrderDetail>(app, `/orders/${orderId}`)
    assert.ok(payment, `order ${orderId} has no payment`)
    return payment
  }

  async function letterOf(words: string, of = 'fraud-group'): Promise<DeadLetter> {
    const { items } = await readApi<{ items: readonly DeadLetter[] }>(app, '/dead-letters')
    const letter = items.find(({ message, group }) => message.includes(words) && group === of)
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
    await pauseAndResume(page, 'fraud-group')
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

  it('charges what was held when somebody releases it, after saying how much', async (t) => {
    const held = await firstPayment('HELD')
    const page = await open(t, '/payments?outcome=HELD')
    await page.getByRole('button', { name: `Release order ${held.order_id}` }).click()
    const dialog = inDialog(page, `Release order ${held.order_id}?`)
    await dialog.getByText(/will be charged once/).waitFor()
    assert.deepEqual(await faultsInThemes(page, 'release'), [])
    await dialog.getByRole('button', { name: /^Charge .[\d.]+ [A-Z]{3}$/ }).click()
    await toast(page, new RegExp(`^Order ${held.order_id} is (?:paid|declined)$`))
    await page.getByRole('button', { name: `Release order ${held.order_id}` }).waitFor({ state: 'detached' })
    await page.getByRole('link', { name: 'Show the order' }).click()
    await page.getByText('Operator: release').waitFor()
  })

  it('rejects what was held, once though an answer is lost, and retries what was declined, from the order’s page', async (t) => {
    const held = await firstPayment('HELD')
    const page = await open(t, `/orders/${held.order_id}`)
    await page.getByRole('button', { name: 'Reject the payment' }).click()
    const rejecting = inDialog(page, `Reject order ${held.order_id}?`)
    const path = '**/api/v1/payments/*/reject'
    await page.route(path, async (route) => {
      await route.fetch()
      await route.fulfill({ body: 'lost' })
    })
    await rejecting.getByRole('button', { name: 'Reject the payment' }).click()
    await rejecting.getByText('something other than JSON', { exact: false }).waitFor()
    await page.unroute(path)
    await rejecting.getByRole('button', { name: 'Reject the payment' }).click()
    await toast(page, `Order ${held.order_id} is declined`)
    const { items } = await readApi<{ items: readonly Readonly<{ target: string }>[] }>(app, '/audit')
    assert.equal(items.filter(({ target }) => target === `payment of order ${held.order_id}`).length, 1)
    await page.getByRole('button', { name: 'Retry the payment' }).click()
    const retrying = inDialog(page, `Try to charge order ${held.order_id} again?`)
    await retrying.getByRole('button', { name: /^Charge/ }).click()
    // What the gateway says to the new key, whichever it is: that it was asked once more is what counts.
    await waitFor('the retry is settled', async () => {
      const { outcome, entries } = await paymentOf(held.order_id)
      return entries.at(-1)?.operator?.decision === 'retry' && (outcome === 'PAID' || outcome === 'DECLINED')
    })
  })

  it('redrives the letters that were chosen, after a dry run, and says what came of it', async (t) => {
    const page = await open(t, '/dead-letters?code=ORDER_ID_CONFLICT&group=analytics-group')
    await page.getByRole('checkbox', { name: 'Select all letters shown' }).check()
    await page.getByRole('button', { name: 'Redrive 2 selected…' }).click()
    const dialog = inDialog(page, 'Redrive dead letters')
    await dialog.getByText('2 letters go to analytics-group; no other group sees them.').waitFor()
    await dialog.getByRole('row', { name: /analytics-group.* 2 / }).waitFor()
    assert.deepEqual(await faultsInThemes(page, 'redrive'), [])
    await dialog.getByRole('button', { name: 'Redrive 2 letters' }).click()
    await toast(page, 'Redrive done')
    await page.getByRole('link', { name: 'Show the job' }).click()
    await page.getByRole('heading', { level: 1, name: 'Redrive' }).waitFor()
    await page.goto(`${app.url}/dead-letters?state=redriven`)
    await page.getByRole('cell', { name: 'Redriven' }).nth(1).waitFor()
  })

  it('redrives all that match, as many as are asked for', async (t) => {
    const page = await open(t, '/dead-letters?group=fraud-group')
    await page.getByRole('button', { name: 'Redrive all that match…' }).click()
    const dialog = inDialog(page, 'Redrive dead letters')
    await dialog.getByLabel('At most').fill('1')
    await page.keyboard.press('Enter')
    await dialog.getByRole('button', { name: 'Redrive 1 letter' }).click()
    await toast(page, 'Redrive done')
  })

  it('mends a copy of a letter, marks where the reason points to, and redrives the copy', async (t) => {
    const letter = await letterOf('/amount', 'payments-group')
    const page = await open(t, `/dead-letters/${encodeURIComponent(letter.id)}`)
    await page.locator('.marked-line', { hasText: '"amount": -20' }).waitFor()
    await page.getByRole('button', { name: 'Edit a copy…' }).click()
    const editor = inDialog(page, 'Edit a copy of the record')
    const value = editor.getByLabel('Value')
    await value.fill((await value.inputValue()).replace('-20', '20'))
    await editor.getByText('This is JSON.').waitFor()
    await value.fill(`${await value.inputValue()},`)
    await editor.getByText(/^This is not JSON: /).waitFor()
    assert.deepEqual(await faultsInThemes(page, 'editor'), [])
    await value.fill((await value.inputValue()).slice(0, -1).replace('"Germany"', '"DE"'))
    await editor.getByRole('button', { name: 'Preview the redrive' }).click()
    const dialog = inDialog(page, 'Redrive the edited copy')
    await dialog.getByRole('button', { name: 'Redrive 1 letter' }).click()
    await toast(page, 'Redrive done')
    await page.getByText('Redriven', { exact: true }).first().waitFor()
    await page.getByRole('link', { name: /^job / }).waitFor()
  })

  it('reconciles in words and numbers, and checks everything as a job', async (t) => {
    const page = await open(t, '/reconciliation')
    await page
      .getByRole('table', { name: 'Record by record' })
      .getByRole('cell', { name: 'payments-group' })
      .first()
      .waitFor()
    await page.getByRole('table', { name: 'Checks' }).getByRole('row').nth(1).waitFor()
    await page.getByRole('button', { name: 'Check everything' }).click()
    await inDialog(page, 'Check everything?').getByRole('button', { name: 'Start the check' }).click()
    await toast(page, 'Full check done')
    await page.getByRole('region', { name: 'Last full check' }).getByText('No difference').waitFor()
    await page.getByRole('button', { name: 'Rebuild the read model' }).click()
    await inDialog(page, 'Rebuild the read model?').getByRole('button', { name: 'Start the rebuild' }).click()
    await toast(page, 'Rebuild done')
  })

  it('lists jobs, and every change with who made it', async (t) => {
    const page = await open(t, '/activity')
    await page.getByRole('table', { name: 'Activity' }).getByRole('link').first().waitFor()
    await page.getByRole('button', { name: 'Changes' }).click()
    await page.getByRole('cell', { name: 'Redrive' }).first().waitFor()
    await page
      .getByRole('cell', { name: hashOf(operatorToken).slice(0, 12) })
      .first()
      .waitFor()
  })

  it('lets a viewer look, and says why nothing can be changed', async (t) => {
    const { order_id } = await firstPayment('HELD')
    const page = await open(t, `/orders/${order_id}`, signedIn(viewerToken))
    const release = page.getByRole('button', { name: 'Release the payment' })
    await page
      .getByTitle(/^Needs the role operator/)
      .first()
      .waitFor()
    await release.focus()
    assert.equal(await release.getAttribute('aria-disabled'), 'true')
    await page.keyboard.press('Enter')
    assert.equal(await page.getByRole('dialog').count(), 0)
    await page.getByRole('navigation').getByRole('link', { name: 'Dead letters' }).click()
    const redrive = page.getByRole('button', { name: 'Redrive all that match…' })
    await redrive.waitFor()
    assert.equal(await redrive.getAttribute('aria-disabled'), 'true')
  })

  it('keeps the focus in a dialog, and gives it back on Escape', async (t) => {
    const page = await open(t, '/pipeline?group=fraud-group')
    const pause = page.getByRole('button', { name: 'Pause', exact: true })
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

/** As the browser is once somebody has signed in. */
function signedIn(token: string): BrowserContextOptions {
  const cookie = { name: 'ordermill_session', value: token, domain: '127.0.0.1', path: '/', expires: -1 }
  return {
    storageState: { cookies: [{ ...cookie, httpOnly: true, secure: false, sameSite: 'Strict' }], origins: [] },
  }
}

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

async function faultsInThemes(page: Page, where: string): Promise<readonly string[]> {
  const faults: string[] = []
  for (const colorScheme of ['light', 'dark'] as const) {
    await page.emulateMedia({ colorScheme })
    // A theme changes colours alone.
    const rules = colorScheme === 'light' ? undefined : ['color-contrast']
    for (const fault of await accessibilityFaults(page, rules)) faults.push(`${where}, ${colorScheme}: ${fault}`)
  }
  return faults
}

async function textOf(stream: AsyncIterable<Buffer>): Promise<string> {
  const chunks: Buffer[] = []
  for await (const chunk of stream) chunks.push(chunk)
  return Buffer.concat(chunks).toString()
}

function hashOf(token: string): string {
  return createHash('sha256').update(token).digest('hex')
}
