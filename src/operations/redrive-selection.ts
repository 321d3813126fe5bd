import type { RedriveSpec } from '../codec/operation-codec.ts'
import type { Redrivable } from './redrivable.ts'
import type { Selection } from './select-letters.ts'

/** The letters that a redrive is about: of those that were logged before it was asked for. */
export function selectionOf({
  spec: { ids, filter },
  requestedAtMs,
}: Readonly<{ spec: RedriveSpec; requestedAtMs: number }>): Selection {
  return { ...(ids ? { ids } : {}), ...(filter ? { filter } : {}), untilMs: requestedAtMs + 1 }
}

/** Records of one order should come in the order that they had. */
export function inOrderOfRefusal({ letter: a }: Redrivable, { letter: b }: Redrivable): number {
  return a.timestampMs - b.timestampMs || a.letter.partition - b.letter.partition || a.letter.offset - b.letter.offset
}
