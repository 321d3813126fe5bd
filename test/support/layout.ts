import type { Page } from 'playwright-core'

/** For what a change of its width sets off to be drawn. */
const drawnMsMax = 5_000

/**
 * What can't be seen whole on the page as it is now, one line each: what sticks out of its card or of what cuts it off, and
 * figures, states, times and buttons that end in dots. What lies in something that scrolls sideways can be reached.
 */
export async function layoutFaults(page: Page): Promise<readonly string[]> {
  const untilMs = performance.now() + drawnMsMax
  let faults: readonly string[]
  do {
    await page.evaluate(drawn)
    faults = await page.evaluate<string[]>(findFaults)
  } while (faults.length > 0 && performance.now() < untilMs)
  return faults
}

/** Two frames: in the first one the page learns of its width. */
const drawn = `new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve)))`

/** Runs in the page, where there is a document. */
const findFaults = `(() => {
  const told = (element) => element.outerHTML.slice(0, 120)
  const isHidden = (element) => element.closest('.visually-hidden, .skip, svg, .chart') !== null
  const scrolls = (element) => ['auto', 'scroll'].includes(getComputedStyle(element).overflowX)
  const cutsOff = (element) => ['hidden', 'clip'].includes(getComputedStyle(element).overflowX)
  const isFrame = (element) => element.matches('main, .panel, .dialog') || cutsOff(element)
  const isLonger = ({ scrollWidth, clientWidth }) => clientWidth > 0 && scrollWidth > clientWidth + 1

  function frameLeftBy(element) {
    const { left, right, width } = element.getBoundingClientRect()
    if (width === 0) return null
    for (let above = element.parentElement; above; above = above.parentElement) {
      if (scrolls(above) || above.matches('.truncate')) return null
      const box = above.getBoundingClientRect()
      if (isFrame(above) && (right > box.right + 1 || left < box.left - 1)) return above
    }
    return right > innerWidth + 1 ? document.body : null
  }

  const shown = [...document.querySelectorAll('#root *')].filter((element) => !isHidden(element))
  const out = shown
    .map((element) => [element, frameLeftBy(element)])
    .filter(([, frame]) => frame)
    .map(([element, frame]) => told(element) + ' leaves ' + told(frame))
  const cut = shown
    .filter((element) => element.matches('main, .panel, th, td, td .status > .truncate, time, button, .tile-value'))
    .filter((element) => !scrolls(element) && isLonger(element))
    .map((element) => told(element) + ' is longer than its place')
  return [...out, ...cut]
})()`
