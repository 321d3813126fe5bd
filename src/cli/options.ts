import { InvalidArgumentError, Option } from 'commander'

/** Parser of an option that takes a whole number from 0. */
export function wholeNumber(text: string): number {
  if (!/^\d{1,15}$/.test(text)) throw new InvalidArgumentError('It must be a whole number from 0.')
  return Number(text)
}

/** Parser of an option that takes a whole number from 1. */
export function positiveNumber(text: string): number {
  if (!/^[1-9]\d{0,14}$/.test(text)) throw new InvalidArgumentError('It must be a whole number from 1.')
  return Number(text)
}

/** Parser of an argument that is an order_id. */
export function orderId(text: string): number {
  const id = Number(text)
  if (/^\d{1,16}$/.test(text) && Number.isSafeInteger(id) && id > 0) return id
  throw new InvalidArgumentError('It must be a whole number from 1 to 2^53 - 1.')
}

/** Parser of an option that takes a time, which must say its zone: the same text means the same moment everywhere. */
export function time(text: string): string {
  const isTime = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d+)?(Z|[+-]\d{2}:\d{2})$/.test(text)
  if (isTime && Number.isFinite(Date.parse(text))) return text
  throw new InvalidArgumentError('It must be a time such as 2026-01-31T09:30:00Z.')
}

/** Parser of an option that is sent as the header Idempotency-Key. */
export function idempotencyKey(text: string): string {
  if (/^[!-~]{1,255}$/.test(text)) return text
  throw new InvalidArgumentError('It must be 1 to 255 visible ASCII characters without spaces.')
}

export function jsonOption(): Option {
  return new Option('--json', 'print JSON')
}
