import { formatInstant, none } from './format.ts'

/* Ranges of a filter as a pill shows them, and times as the URL and a form field have them. Pure. */

export function rangeText(from: string | undefined, to: string | undefined): string | undefined {
  if (from === undefined && to === undefined) return undefined
  if (to === undefined) return `from ${from}`
  return from === undefined ? `up to ${to}` : `${from} ${none} ${to}`
}

export function shownTime(time: string | undefined): string | undefined {
  const atMs = Date.parse(time ?? '')
  return Number.isNaN(atMs) ? time : formatInstant(atMs).slice(0, 16)
}

/** A `datetime-local` field knows no zone: what is typed is UTC. */
export function localOf(time: string | undefined): string {
  const atMs = Date.parse(time ?? '')
  return Number.isNaN(atMs) ? '' : new Date(atMs).toISOString().slice(0, 16)
}

export function utcOf(local: string | undefined): string | undefined {
  return local === undefined || local === '' ? undefined : new Date(`${local}Z`).toISOString()
}
