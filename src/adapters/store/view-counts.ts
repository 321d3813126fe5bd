import type { ViewCounts } from '../../ports/order-queries.ts'

export const noViews: ViewCounts = { alerts: 0, deadLetters: 0, redriven: 0 }

/** What was stored before letters could be redriven says nothing of that. */
export type StoredViewCounts = Partial<ViewCounts>

export function addViewCounts(a: ViewCounts, b: StoredViewCounts): ViewCounts {
  return {
    alerts: a.alerts + (b.alerts ?? 0),
    deadLetters: a.deadLetters + (b.deadLetters ?? 0),
    redriven: a.redriven + (b.redriven ?? 0),
  }
}
