import { restorePaymentTally, type StoredPaymentTally } from '../../domain/payment-tally.ts'
import { restoreTotals, type StoredTotals } from '../../domain/totals.ts'
import type { ShardSummary } from '../../ports/order-queries.ts'
import { addViewCounts, noViews, type StoredViewCounts } from './view-counts.ts'

/** What a group counted in a shard, as stores keep it. */
export type StoredCounts = Readonly<{ totals?: StoredTotals; tally?: StoredPaymentTally; views?: StoredViewCounts }>

export function countsOf({ totals, tally, views }: StoredCounts): Pick<ShardSummary, 'totals' | 'tally' | 'views'> {
  return {
    ...(totals && { totals: restoreTotals(totals) }),
    ...(tally && { tally: restorePaymentTally(tally) }),
    ...(views && { views: addViewCounts(noViews, views) }),
  }
}
