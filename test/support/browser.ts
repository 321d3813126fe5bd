import chromium from '@sparticuz/chromium'
import { chromium as launcher, type BrowserContextOptions, type Page } from 'playwright-core'

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

/** One Chromium for all pages of a test file, closed when `t` ends; each page has its own storage. */
export async function openBrowser(t: CleanUp): Promise<OpenPage> {
  const browser = await launcher.launch({
    executablePath: await chromium.executablePath(),
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
