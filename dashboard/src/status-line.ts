import type { Snapshot, System } from '../../src/api/contract.ts'
import { formatSeconds, plural } from './format.ts'
import type { Tone } from './labels.ts'

export type StatusPart = Readonly<{ text: string; href?: string }>
export type StatusLine = Readonly<{ tone: Tone; parts: readonly [StatusPart, ...StatusPart[]] }>

/** Below this a group is at work; above it somebody should look. */
const lagSecondsMax = 10

/**
 * Whether all is well, in words; what isn't leads to where it can be seen. The worst comes first. Records in flight are no
 * trouble until a group is behind: a line that changes its colour with every order says nothing.
 */
export function statusLineOf({ totals, pipeline, reconciliation }: Snapshot, services: System['services']): StatusLine {
  const broken = services.filter(({ state }) => state === 'failed' || state === 'paused')
  const behind = pipeline.groups.filter(({ lag_seconds }) => lag_seconds > lagSecondsMax)
  const counted = plural(totals.order_count, 'order')
  const wrong = reconciliation.state === 'bad' ? [{ text: reconciliation.summary, href: '/reconciliation' }] : []
  const trouble = [
    ...broken.map(({ name, state }) => ({ text: `${name} is ${state}`, href: '/pipeline' })),
    ...behind.map((group) => ({ text: behindText(group), href: '/pipeline' })),
    ...refusedParts(totals.dead_letters_open),
  ]
  const [worst] = wrong
  if (worst) return { tone: 'bad', parts: [worst, ...trouble] }
  if (trouble.length > 0) {
    const accounted = { text: `${counted} accounted for`, href: '/reconciliation' }
    return { tone: broken.length > 0 ? 'bad' : 'warning', parts: [accounted, ...trouble] }
  }
  if (totals.order_count === 0) return { tone: 'neutral', parts: [{ text: 'Ready: no orders yet' }] }
  const all = totals.order_count === 1 ? 'The one order is accounted for' : `All ${counted} accounted for`
  return { tone: 'good', parts: [{ text: all, href: '/reconciliation' }] }
}

function behindText({ group, lag_seconds, lag_records }: Snapshot['pipeline']['groups'][number]): string {
  return `${group} is ${formatSeconds(lag_seconds)} behind (${plural(lag_records, 'record')})`
}

function refusedParts(deadLetters: number): readonly StatusPart[] {
  if (deadLetters === 0) return []
  return [{ text: `${plural(deadLetters, 'refused record')} open`, href: '/dead-letters' }]
}
