import { Type, type Static } from 'typebox'
import { Check } from 'typebox/value'
import type { JobProgress, RedriveSpec } from '../codec/operation-codec.ts'
import { parseJsonObject } from '../codec/json.ts'
import { OrdermillError } from '../errors.ts'
import type { NotRedrivable } from './redrivable.ts'
import { beginningOf } from './select-letters.ts'

const whole = Type.Integer({ minimum: 0 })
const redriveCursor = Type.Object({
  /** Waits until the list of letters is up to date; goes through them; waits until the list knows of it. */
  phase: Type.Enum(['list', 'letters', 'marks']),
  place: Type.Object({ ids: Type.Array(Type.String()), page: Type.Union([Type.String(), Type.Null()]) }),
  /** Where letters ended when it began, by topic and partition: it takes none from there on. */
  ends: Type.Record(Type.String(), Type.Array(whole)),
  /** And, by log time in ms, until when. */
  untilMs: whole,
  redriven: whole,
  quarantined: whole,
  /** Letters that were redriven before. */
  before: whole,
  /** Letters that can't be redriven, by the reason. */
  others: Type.Record(Type.String(), whole),
  waits: whole,
})
/** How far a redrive is. */
export type RedriveCursor = Static<typeof redriveCursor>

export function readCursor(text: string | undefined, { ids, filter }: RedriveSpec): RedriveCursor {
  if (text === undefined) {
    const place = beginningOf({ ...(ids ? { ids } : {}), ...(filter ? { filter } : {}), untilMs: 0 })
    const nothing = { ends: {}, untilMs: 0, redriven: 0, quarantined: 0, before: 0, others: {}, waits: 0 }
    return { phase: 'list', place: { ...place, ids: [...place.ids] }, ...nothing }
  }
  const cursor = parseJsonObject(text)
  if (Check(redriveCursor, cursor)) return cursor
  throw new OrdermillError('INTERNAL', 'the cursor of this redrive is none of this version')
}

export function cursorText(cursor: RedriveCursor): string {
  return JSON.stringify(cursor)
}

/** Counted with those that were left out before. */
export function withLeftOut(
  cursor: RedriveCursor,
  leftOut: readonly (NotRedrivable | Readonly<{ kind: 'quarantined' | 'redriven' }>)[],
): RedriveCursor {
  const count = (wanted: string): number => leftOut.filter(({ kind }) => kind === wanted).length
  const others = { ...cursor.others }
  for (const one of leftOut) {
    if (one.kind === 'not-redrivable') others[one.reason] = (others[one.reason] ?? 0) + 1
  }
  const quarantined = cursor.quarantined + count('quarantined')
  return { ...cursor, quarantined, before: cursor.before + count('redriven'), others }
}

export function progressOf(
  { redriven, quarantined, before, others }: RedriveCursor,
  total: number | null,
): JobProgress {
  const reasons = Object.entries(others)
  const done = redriven + quarantined + before + reasons.reduce((sum, [, count]) => sum + count, 0)
  const parts = [
    `${redriven} redriven`,
    ...(quarantined > 0 ? [`${quarantined} quarantined`] : []),
    ...(before > 0 ? [`${before} redriven before`] : []),
    ...reasons.map(([reason, count]) => `${count} not redrivable: ${reason}`),
  ]
  return { done, total: total === null ? null : Math.max(total, done), unit: 'letters', detail: parts.join('; ') }
}
