import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { describe, it } from 'node:test'

const css = readFileSync(new URL('../../dashboard/src/styles/tokens.css', import.meta.url), 'utf8')

/** WCAG 2.2, 1.4.3 for text; 1.4.11 for dots, bars and the borders of fields. */
const textRatioMin = 4.5
const graphicRatioMin = 3

const textOn: Readonly<Record<string, readonly string[]>> = {
  text: ['bg', 'surface', 'raised', 'hover', 'selected', 'bad-weak'],
  muted: ['bg', 'surface', 'raised', 'hover', 'selected'],
  'accent-text': ['bg', 'surface', 'raised', 'hover', 'selected'],
  'on-accent': ['accent', 'accent-text'],
  bad: ['surface', 'raised', 'bg'],
  'bad-strong': ['bad-weak'],
  'on-bad': ['bad', 'bad-strong'],
  good: ['raised'],
  warning: ['warning-weak'],
}
const graphicOn: Readonly<Record<string, readonly string[]>> = {
  accent: ['bg', 'surface', 'hover', 'selected'],
  good: ['bg', 'surface', 'hover'],
  warning: ['bg', 'surface', 'hover'],
  bad: ['bg', 'surface', 'hover'],
  'border-strong': ['bg', 'surface', 'hover'],
  'chart-orders': ['surface'],
}

describe('colours of the page', () => {
  for (const theme of ['light', 'dark'] as const) {
    it(`can be read in the ${theme} theme`, () => {
      assert.deepEqual([...tooFaint(theme, textOn, textRatioMin), ...tooFaint(theme, graphicOn, graphicRatioMin)], [])
    })
  }
})

function tooFaint(theme: 'light' | 'dark', pairs: typeof textOn, ratioMin: number): readonly string[] {
  return Object.entries(pairs).flatMap(([front, backs]) =>
    backs
      .map((back) => ({ back, ratio: contrast(colourOf(front, theme), colourOf(back, theme)) }))
      .filter(({ ratio }) => ratio < ratioMin)
      .map(({ back, ratio }) => `${front} on ${back}: ${ratio.toFixed(2)}`),
  )
}

function colourOf(name: string, theme: 'light' | 'dark'): string {
  const [, light, dark] = new RegExp(`--${name}: light-dark\\((#\\w{6}), (#\\w{6})\\)`).exec(css) ?? []
  const colour = theme === 'light' ? light : dark
  assert.ok(colour, `tokens.css has no --${name} for both themes`)
  return colour
}

function contrast(a: string, b: string): number {
  const [brighter = 0, darker = 0] = [luminance(a), luminance(b)].toSorted((one, other) => other - one)
  return (brighter + 0.05) / (darker + 0.05)
}

function luminance(colour: string): number {
  const [r = 0, g = 0, b = 0] = [1, 3, 5].map((at) => linear(Number.parseInt(colour.slice(at, at + 2), 16) / 255))
  return 0.2126 * r + 0.7152 * g + 0.0722 * b
}

function linear(channel: number): number {
  return channel <= 0.04045 ? channel / 12.92 : ((channel + 0.055) / 1.055) ** 2.4
}
