import { existsSync } from 'node:fs'
import { mkdtemp, rename, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import chromium from '@sparticuz/chromium'
import { chromium as launcher, type BrowserContextOptions, type Page } from 'playwright-core'
import packageJson from '../../package.json' with { type: 'json' }

type CleanUp = Readonly<{ after: (cleanUp: () => unknown) => void }>

export type OpenPage = (t: CleanUp, url: string, options?: BrowserContextOptions) => Promise<TestPage>

export type TestPage = Readonly<{
  page: Page
  /** What the page's console called an error, broken rules of its content security policy among them. */
  errors: readonly string[]
}>

/** Made for a cloud function: in a single process the browser ends with its first page, and the page's rules must hold. */
function isWanted(argument: string): boolean {
  return !['--single-process', '--no-zygote', '--disable-web-security'].includes(argument)
}

/**
 * The browser, unpacked once a machine and version. The package writes it straight to where it is looked for, so that two
 * test runs that begin together would start half a browser; here it is renamed into place when it is whole.
 */
async function unpackedChromium(): Promise<string> {
  const folder = join(tmpdir(), `ordermill-chromium-${packageJson.devDependencies['@sparticuz/chromium']}`)
  if (!existsSync(folder)) {
    const fresh = await mkdtemp(`${folder}-`)
    const { TMPDIR } = process.env
    process.env['TMPDIR'] = fresh
    await chromium.executablePath()
    if (TMPDIR === undefined) delete process.env['TMPDIR']
    else process.env['TMPDIR'] = TMPDIR
    // Whoever was first has put the same there.
    await rename(fresh, folder).catch(() => rm(fresh, { recursive: true }))
  }
  return join(folder, 'chromium')
}

/** One Chromium for all pages of a test file, closed when `t` ends; each page has its own storage. */
export async function openBrowser(t: CleanUp): Promise<OpenPage> {
  const browser = await launcher.launch({
    executablePath: await unpackedChromium(),
    args: [...chromium.args.filter(isWanted), '--no-sandbox', '--disable-gpu', '--disable-background-networking'],
  })
  t.after(() => browser.close())

  return async (pageTest, url, options = {}) => {
    // Where the shell has no locale, Chromium takes one that it doesn't itself accept in Intl.
    const context = await browser.newContext({ locale: 'en-US', reducedMotion: 'reduce', ...options })
    pageTest.after(() => context.close())
    const page = await context.newPage()
    const errors: string[] = []
    page.on('pageerror', (error) => errors.push(error.stack ?? error.message))
    page.on('console', (message) => {
      if (message.type() === 'error') errors.push(message.text())
    })
    await page.goto(url)
    return { page, errors }
  }
}
