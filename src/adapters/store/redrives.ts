import type { DeadLetter, Redriven } from '../../ports/view-store.ts'

/** What was stored before letters could be redriven lacks the number. */
export type StoredLetter = Omit<DeadLetter, 'redriveCount'> & Partial<Pick<DeadLetter, 'redriveCount'>>

export function letterOf(stored: StoredLetter): DeadLetter {
  return { ...stored, redriveCount: stored.redriveCount ?? 0 }
}

/** Which of two redrives of one letter is shown: the latest. */
export function isLaterRedrive(known: Redriven, other: Redriven): boolean {
  return other.atMs > known.atMs || (other.atMs === known.atMs && other.offset > known.offset)
}
