import type { PaymentTally } from '../domain/payment-tally.ts'
import type { Tally } from '../domain/totals.ts'
import type { AsOf } from '../ports/order-book.ts'
import type { OrderQueries } from '../ports/order-queries.ts'
import type { Totals } from './contract.ts'
import { exactAmount, exactSums } from './exact-json.ts'

type TotalsQueries = Pick<OrderQueries, 'version' | 'totals' | 'payments' | 'viewCounts'>

/**
 * The totals as they are when it is called, or newer. They are read again only when the store's version has changed:
 * the version is asked for first, so that what is kept is never older than its version.
 */
export function totalsReader(store: TotalsQueries, baseCurrency: string): () => Promise<Totals> {
  let known: Readonly<{ version: string; totals: Promise<Totals> }> | undefined
  return async () => {
    const version = await store.version()
    if (known?.version === version) return known.totals
    const reading = { version, totals: readTotals(store, baseCurrency) }
    known = reading
    try {
      return await reading.totals
    } catch (error) {
      if (known === reading) known = undefined
      throw error
    }
  }
}

async function readTotals(store: TotalsQueries, baseCurrency: string): Promise<Totals> {
  const [{ totals, asOf }, payments, views] = await Promise.all([store.totals(), store.payments(), store.viewCounts()])
  return {
    order_count: totals.overall.orderCount,
    total_sales: exactAmount(totals.overall.sales.get(baseCurrency) ?? 0n, baseCurrency),
    base_currency: baseCurrency,
    by_country: tallies(totals.byCountry),
    by_status: tallies(totals.byStatus),
    by_currency: tallies(totals.byCurrency),
    duplicates: totals.duplicates,
    status_changes: totals.statusChanges,
    dead_letters: totals.deadLetters,
    tombstones: totals.tombstones,
    payments: paymentTotals(payments.tally),
    alerts: views.alerts,
    dead_letters_listed: views.deadLetters,
    dead_letters_open: Math.max(views.deadLetters - views.redriven, 0),
    as_of: asOfView(asOf),
    payments_as_of: asOfView(payments.asOf),
  }
}

function tallies(byKey: ReadonlyMap<string, Tally>) {
  return Object.fromEntries(
    [...byKey].map(([key, { orderCount, sales }]) => [key, { order_count: orderCount, sales: exactSums(sales) }]),
  )
}

function paymentTotals(tally: PaymentTally): Totals['payments'] {
  const { paid, declined, skipped, held, duplicates, tombstones } = tally
  return {
    paid,
    declined,
    skipped,
    held,
    duplicates,
    status_changes: tally.statusChanges,
    dead_letters: tally.deadLetters,
    tombstones,
    paid_cancelled: tally.paidCancelled,
    paid_flagged: tally.paidFlagged,
    cancelled_after_paid: tally.cancelledAfterPaid,
    paid_sums: exactSums(tally.paidSums),
  }
}

function asOfView(asOf: AsOf): Totals['as_of'] {
  return Object.fromEntries([...asOf].map(([topic, partitions]) => [topic, Object.fromEntries(partitions)]))
}
