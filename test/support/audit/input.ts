import type { NewRecord } from '../../../src/ports/log.ts'
import { utf8 } from '../log-harness.ts'
import { orderValue } from '../order-json.ts'

/** Says of each input record what it is, so that the audit needs no parser of its own. Dead letters must keep it. */
export const truthHeader = 'truth'

export type InputOptions = Readonly<{
  count: number
  partitions: number
  /** Whether ids are used again with another `created_at`. */
  reuseIds: boolean
  random: () => number
  /** Tells records of several inputs apart: order ids begin above it. */
  idBase?: number
  /** Whether all records of an order are on one partition, whatever their keys. */
  ordersStay?: boolean
}>

type Draft = Readonly<{ orderId: number; value: string }>

const poisons: readonly ((value: string) => string | Uint8Array)[] = [
  () => '',
  () => '{"order_id":',
  () => '[1]',
  () => Uint8Array.from([0x7b, 0xff, 0xfe]),
  (value) => value.replace(/"amount":[^,]+/, '"amount":1e309'),
  (value) => value.replace(/"amount":[^,]+/, '"amount":-5'),
  (value) => value.replace(/"amount":[^,]+/, '"amount":1.2345'),
  (value) => value.replace('{', '{"__proto__":{"a":1},'),
  (value) => value.replace(/"country":"[A-Z]+"/, '"country":"Narnia"'),
  (value) => value.replace('{', `{"deep":${'['.repeat(40)}${']'.repeat(40)},`),
]

/** Orders, and all that an order topic can hold besides: what repeats, changes, contradicts, or can't be read. */
export function makeInput(options: InputOptions): readonly NewRecord[] {
  const { count, random } = options
  const known: Draft[] = []
  return Array.from({ length: count }, (_, index) => {
    const luck = random()
    const earlier = known.length > 0 && luck < 0.4 ? pick(known, random) : undefined
    if (luck >= 0.97) return tombstone(options, index)
    if (luck >= 0.92) return poison(options, index)
    const draft = earlier ? again(earlier, options) : newOrder(options, known.length)
    known.push(draft)
    const record = placed(options, { key: utf8(`${draft.orderId}`), value: utf8(draft.value) }, 'order', index)
    return options.ordersStay ? { ...record, partition: draft.orderId % options.partitions } : record
  })
}

function newOrder({ random, idBase = 0 }: InputOptions, known: number): Draft {
  const orderId = idBase + known + 1
  const currency = pick(['USD', 'USD', 'USD', 'EUR', 'JPY'], random)
  const minor = 1_000 + Math.floor(random() * 49_000)
  const value = orderValue(orderId, {
    customer_id: 1_000 + Math.floor(random() * 9_000),
    amount: currency === 'JPY' ? minor : minor / 100,
    currency,
    country: pick(['US', 'CA', 'DE', 'IN', 'GB', 'FR', 'CN', 'BR'], random),
    status: pick(['CREATED', 'CONFIRMED', 'CANCELLED'], random),
    created_at: new Date(Date.UTC(2026, 0, 1) + Math.floor(random() * 86_400_000)).toISOString(),
    ...(random() < 0.2 ? { note: 'größer als 🙂', nested: { a: [1, 2.5] } } : {}),
  })
  return { orderId, value: JSON.stringify(value) }
}

function again({ orderId, value }: Draft, { random, reuseIds }: InputOptions): Draft {
  const luck = random()
  if (luck < 0.35) return { orderId, value }
  if (luck < 0.8) {
    const status = pick(['CREATED', 'CONFIRMED', 'CANCELLED'], random)
    return { orderId, value: value.replace(/"status":"[A-Z]+"/, `"status":"${status}"`) }
  }
  if (reuseIds && luck < 0.9) return { orderId, value: value.replace(/"created_at":"\d{4}/, '"created_at":"2027') }
  return { orderId, value: value.replace(/"customer_id":\d+/, `"customer_id":${Math.floor(random() * 1_000)}`) }
}

function poison(options: InputOptions, index: number): NewRecord {
  const { value } = newOrder(options, 1_000_000 + index)
  const made = pick(poisons, options.random)(value)
  const bytes = typeof made === 'string' ? utf8(made) : made
  return placed(options, { key: utf8('poison'), value: bytes }, 'poison', index)
}

function tombstone(options: InputOptions, index: number): NewRecord {
  return placed(options, { key: utf8('gone'), value: null }, 'tombstone', index)
}

/** Most go where their key sends them; the rest have a foreign key, none, or are sent elsewhere by their producer. */
function placed(
  { random, partitions }: InputOptions,
  { key, value }: Pick<NewRecord, 'key' | 'value'>,
  truth: string,
  index: number,
): NewRecord {
  const headers = [
    ['event-id', utf8(`input/${index}`)],
    [truthHeader, utf8(truth)],
  ] as const
  const luck = random()
  if (luck < 0.8) return { topic: 'orders', key, value, headers }
  if (luck < 0.85) return { topic: 'orders', key: null, value, headers }
  if (luck < 0.9) return { topic: 'orders', key: utf8('foreign'), value, headers }
  return { topic: 'orders', key, value, headers, partition: Math.floor(random() * partitions) }
}

export function pick<Option>(options: readonly Option[], random: () => number): Option {
  const chosen = options[Math.floor(random() * options.length)]
  if (chosen === undefined) throw new RangeError('nothing to pick from')
  return chosen
}
