import { OrdermillError } from '../../errors.ts'

/** How many idempotency keys are remembered; then the oldest is dropped for each new one. */
export const keysRememberedMax = 1_000_000

/** @throws {OrdermillError} REQUEST_INVALID when `count` ids above `last` would not be order ids */
export function checkOrderIds(last: number, count: number): void {
  if (Number.isSafeInteger(count) && count >= 0 && Number.isSafeInteger(last + count)) return
  const what = `${count} new order ids above ${last}`
  throw new OrdermillError('REQUEST_INVALID', `cannot reserve ${what}: ids end at 2^53 - 1; send order_id yourself`)
}

export function keyReused(key: string): OrdermillError {
  const text = `the idempotency key ${JSON.stringify(key)} came before with another body: use a new key`
  return new OrdermillError('IDEMPOTENCY_KEY_REUSED', text)
}
