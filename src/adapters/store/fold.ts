import type { CurrencyCode } from '../../domain/currency.ts'
import type { OrderAnswer } from '../../domain/order-state.ts'
import { countPayment, type PaymentTally } from '../../domain/payment-tally.ts'
import { countOrder, countUnreadable, type Totals } from '../../domain/totals.ts'
import { minuteMs, windowStart } from '../../domain/window.ts'
import type { OrderFact } from '../../ports/order-book.ts'
import type { SeriesPoint } from '../../ports/order-queries.ts'
import type { SettledFact } from '../../ports/payment-ledger.ts'

type Answers = readonly (OrderAnswer | undefined)[]

/** Counts the facts from `next` on into `totals`, in place. */
export function foldOrders(totals: Totals, next: number, facts: readonly OrderFact[], answers: Answers): void {
  for (const [index, fact] of facts.entries()) {
    if (fact.offset < next) continue
    const answer = answers[index]
    if (fact.kind !== 'order') countUnreadable(totals, fact.kind)
    else if (answer) countOrder(totals, fact.order, answer)
  }
}

/** Counts the facts from `next` on into `tally`, in place. */
export function foldPayments(tally: PaymentTally, next: number, settled: readonly SettledFact[]): void {
  for (const fact of settled) {
    if (fact.offset < next) continue
    if (fact.kind === 'payment') countPayment(tally, fact.intent.order, fact.flagged, fact.answer)
    else countUnreadable(tally, fact.kind)
  }
}

type Point = { -readonly [Name in keyof SeriesPoint]: SeriesPoint[Name] }

/** What the first records from `next` on add to each minute and currency. */
export function foldSeries(next: number, facts: readonly OrderFact[], answers: Answers): readonly SeriesPoint[] {
  const points = new Map<string, Point>()
  let point: Point | undefined
  for (const [index, fact] of facts.entries()) {
    if (fact.kind !== 'order' || fact.offset < next || answers[index]?.kind !== 'first') continue
    const { amount, createdAtMs } = fact.order
    const startMs = windowStart(createdAtMs, minuteMs)
    // Neighbours are of one minute nearly always.
    if (point?.startMs !== startMs || point.currency !== amount.currency) {
      point = pointOf(points, startMs, amount.currency)
    }
    point.orderCount += 1
    point.salesMinor += BigInt(amount.minor)
  }
  return [...points.values()]
}

function pointOf(points: Map<string, Point>, startMs: number, currency: CurrencyCode): Point {
  const key = `${startMs} ${currency}`
  let point = points.get(key)
  if (!point) points.set(key, (point = { startMs, currency, orderCount: 0, salesMinor: 0n }))
  return point
}
