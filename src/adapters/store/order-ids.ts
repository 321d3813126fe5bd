import { OrdermillError } from '../../errors.ts'

/** How many idempotency keys are remembered; then the oldest is dropped for each new one. */
export const keysRememberedMax = 1_000_000
/** Of all answers that are kept with the keys: one for 1,000 orders has some 90 KB. */
export const answersBytesMax = 1024 ** 3

/** @throws {OrdermillError} STORE_UNAVAILABLE when `count` ids above `last` would not be order ids */
export function checkOrderIds(last: number, count: number): void {
  if (Number.isSafeInteger(count) && count >= 0 && Number.isSafeInteger(last + count)) return
  const what = `the store has no ${count} order ids left to give above ${last}`
  throw new OrdermillError('STORE_UNAVAILABLE', `${what}: ids end at 2^53 - 1; send every order with an order_id`)
}

export function keyReused(key: string): OrdermillError {
  const text = `the idempotency key ${JSON.stringify(key)} came before with another body: use a new key`
  return new OrdermillError('IDEMPOTENCY_KEY_REUSED', text)
}
