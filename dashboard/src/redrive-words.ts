import type { RedrivePreview } from '../../src/api/contract/redrive.ts'
import { formatCount, plural } from './format.ts'

/** How many letters will go, for what the preview judged. */
export function lettersToGo({ groups }: RedrivePreview): number {
  return groups.reduce((sum, { letters }) => sum + letters, 0)
}

/** `Redrive 37 letters`; with a `+` where more match than were judged. */
export function redriveLabel(preview: RedrivePreview | undefined, limit: number | undefined): string {
  if (!preview) return 'Redrive'
  const letters = lettersToGo(preview)
  if (preview.more) return limit === undefined ? 'Redrive all that match' : `Redrive up to ${plural(limit, 'letter')}`
  return `Redrive ${plural(letters, 'letter')}`
}

/** In words, what the dry run says of all groups together. */
export function previewSummary(preview: RedrivePreview): string {
  const { groups, quarantined, redriven, not_redrivable, matching, more } = preview
  const letters = lettersToGo(preview)
  const names = groups.map(({ group }) => group)
  const parts = [
    letters === 0
      ? 'No letter would be redriven.'
      : `${plural(letters, 'letter')} ${letters === 1 ? 'goes' : 'go'} to ${names.join(' and ')}; no other group sees ${letters === 1 ? 'it' : 'them'}.`,
  ]
  if (redriven > 0) parts.push(`${formatCount(redriven)} left out: redriven before.`)
  if (quarantined > 0) parts.push(`${formatCount(quarantined)} left out: they came back too often.`)
  if (not_redrivable > 0) parts.push(`${formatCount(not_redrivable)} left out: “Letter by letter” says why.`)
  if (more) parts.push(`Only the first ${formatCount(matching)} were judged; more match.`)
  return parts.join(' ')
}

/** Whether redriving makes the gateway take money. */
export function charges({ groups }: RedrivePreview): boolean {
  return groups.some(({ outcomes }) => (outcomes['charged'] ?? 0) > 0)
}

/** Outcomes of one group, the most frequent first: `12 counted, 1 refused again`. */
export function outcomesText(outcomes: Readonly<Record<string, number>>): string {
  return Object.entries(outcomes)
    .toSorted(([, a], [, b]) => b - a)
    .map(([outcome, letters]) => `${formatCount(letters)} ${outcome}`)
    .join(', ')
}
