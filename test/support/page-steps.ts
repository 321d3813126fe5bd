import type { Page } from 'playwright-core'
import { waitFor } from './wait-for.ts'

/** Waits until the page at `path` has its data and the live stream runs. */
export async function settled(page: Page, path: string): Promise<void> {
  await page.getByText('Live', { exact: true }).waitFor()
  await waitFor(`${path} is loaded`, async () => (await page.locator('.skeleton, .chart-loading').count()) === 0)
}

export function inDialog(page: Page, name: string) {
  return page.getByRole('dialog', { name })
}

export async function toast(page: Page, title: string | RegExp): Promise<void> {
  await page.locator('.toast-title', { hasText: title }).waitFor()
}

/** Pauses the group that the page Pipeline shows, and lets it go on. */
export async function pauseAndResume(page: Page, group: string): Promise<void> {
  await page.getByRole('button', { name: 'Pause', exact: true }).click()
  const pausing = inDialog(page, `Pause ${group}?`)
  await pausing.getByText(/reads no more until it is resumed/).waitFor()
  await pausing.getByRole('button', { name: 'Pause', exact: true }).click()
  await toast(page, `${group} is paused`)
  await page
    .getByRole('row', { name: new RegExp(`^${group}`) })
    .getByText('Paused')
    .waitFor()
  await page.getByRole('button', { name: 'Resume', exact: true }).click()
  await inDialog(page, `Resume ${group}?`).getByRole('button', { name: 'Resume', exact: true }).click()
  await toast(page, `${group} is running again`)
  await page.getByRole('button', { name: 'Pause', exact: true }).waitFor()
}
