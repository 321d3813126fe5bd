import { OrdermillError } from '../../errors.ts'
import type { OrderQuery } from '../../ports/order-queries.ts'

/** Minor units of different currencies can't be compared. */
export function checkOrderQuery({ sort, currency, amountMinorMin, amountMinorMax }: OrderQuery): void {
  const byAmount = sort === 'amount_asc' || sort === 'amount_desc'
  if (currency !== undefined || (!byAmount && amountMinorMin === undefined && amountMinorMax === undefined)) return
  throw new OrdermillError('REQUEST_INVALID', 'amounts are compared within one currency: add the condition currency')
}
