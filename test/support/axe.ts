import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import type { AxeResults } from 'axe-core'
import type { Page } from 'playwright-core'

const axeSource = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')
const wcagTags = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice']

/**
 * What breaks a rule of WCAG 2.2 AA on the page as it is now, one line each; empty: nothing that can be found by a program.
 * `rules` are the ids of the only ones that are looked at. They are run by `evaluate`, for the page's policy forbids scripts from elsewhere.
 */
export async function accessibilityFaults(page: Page, rules?: readonly string[]): Promise<readonly string[]> {
  const runOnly = rules ? { type: 'rule', values: rules } : { type: 'tag', values: wcagTags }
  await page.evaluate(`window.axe ?? ${axeSource}; undefined`)
  const { violations } = await page.evaluate<AxeResults>(
    `axe.run(document, { runOnly: ${JSON.stringify(runOnly)}, resultTypes: ['violations'] })`,
  )
  return violations.flatMap(({ id, nodes }) =>
    nodes.map(({ html, failureSummary }) => `${id}: ${html.slice(0, 160)} ${failureSummary ?? ''}`),
  )
}
