import { setTimeout } from 'node:timers/promises'
import type { RedriveSpec } from '../../src/codec/operation-codec.ts'
import { OrdermillError, hasCode } from '../../src/errors.ts'
import { operationsLog } from '../../src/operations/operations-log.ts'
import { requestRedrive } from '../../src/operations/request-redrive.ts'
import type { StoredDeadLetter } from '../../src/ports/order-queries.ts'
import { pick, truthHeader } from '../support/audit/input.ts'
import { orderValue } from '../support/order-json.ts'
import type { Ports } from './crash-points.ts'
import { redriveRules } from './run-redrives.ts'

export type OperatorOptions = Readonly<{
  ports: Ports
  random: () => number
  /** Whether conflicts stay where they are; see `torture`. */
  ordersStay: boolean
  onAsked: (jobId: string) => void
}>

/** Somebody who redrives letters at random moments until `signal` aborts, and then all of them, unless it is killed. */
export async function operate(options: OperatorOptions, signal: AbortSignal): Promise<void> {
  const { random } = options
  while (!signal.aborted) {
    await setTimeout(random() * pauseMsMax, undefined, { signal }).catch(() => {})
    if (!signal.aborted) await ask(options, await anySpec(options))
  }
}

/** Once more, all that match. */
export async function operateLast(options: OperatorOptions, signal: AbortSignal): Promise<void> {
  const spec: RedriveSpec = { ...nothingSpecial, filter: filterOf(options) }
  while (!signal.aborted && (await ask(options, spec)) === 'later') {
    await setTimeout(retryMs, undefined, { signal }).catch(() => {})
  }
}

const pauseMsMax = 400
const retryMs = 50
const lettersMax = 200
const nothingSpecial = { kind: 'redrive', limit: 10_000, quarantined: false } as const
/** Above every order of the input, and of each letter another. */
const editedIdBase = 2_000_000_000

/** Who is told that it failed, or that somebody is at it, may ask again. */
async function ask(
  { ports: { log, store }, random, onAsked }: OperatorOptions,
  spec: RedriveSpec | undefined,
): Promise<'asked' | 'later' | 'nothing'> {
  if (!spec) return 'nothing'
  const operations = operationsLog(log)
  const deps = { log, store, operations, clock: Date.now, redrive: redriveRules }
  const request = { principal: 'operator', key: `${Math.floor(random() * 2 ** 40)}`, spec }
  try {
    const { id } = await requestRedrive(deps, request)
    onAsked(id)
    // One that is sent twice is one request.
    if (random() < 0.2) await requestRedrive(deps, request)
    return 'asked'
  } catch (error) {
    if (!(error instanceof OrdermillError)) throw error
    return hasCode(error, 'NOT_FOUND') ? 'nothing' : 'later'
  }
}

async function anySpec(options: OperatorOptions): Promise<RedriveSpec | undefined> {
  const { random } = options
  const letters = await lettersOf(options)
  if (letters.length === 0) return undefined
  const quarantined = random() < 0.1
  const luck = random()
  const letter = pick(letters, random)
  if (luck < 0.25) return { ...nothingSpecial, quarantined, ids: [letter.id] }
  if (luck < 0.5) return { ...nothingSpecial, quarantined, ids: [letter.id], edit: editOf(letter, random) }
  if (luck < 0.75) {
    const ids = letters.filter(() => random() < 0.2).map(({ id }) => id)
    return ids.length === 0 ? undefined : { ...nothingSpecial, quarantined, ids }
  }
  const limit = pick([1, 20, 200, 10_000], random)
  const group = random() < 0.5 ? { group: letter.group } : {}
  return { ...nothingSpecial, quarantined, limit, filter: { ...filterOf(options), ...group } }
}

function filterOf({ ordersStay }: OperatorOptions): { code?: string } {
  return ordersStay ? { code: 'RECORD_INVALID' } : {}
}

/** Open ones and, now and then, some that were redriven. */
async function lettersOf(options: OperatorOptions): Promise<readonly StoredDeadLetter[]> {
  const state = options.random() < 0.9 ? ({ state: 'open' } as const) : {}
  try {
    return (await options.ports.store.searchDeadLetters({ limit: lettersMax, ...filterOf(options), ...state })).items
  } catch (error) {
    if (error instanceof OrdermillError) return []
    throw error
  }
}

/** What was refused becomes an order, of its own or the one that it spoke of, which its group accepts or judges again. */
function editOf(
  { group, letter, orderId, code }: StoredDeadLetter,
  random: () => number,
): NonNullable<RedriveSpec['edit']> {
  const own = editedIdBase + letter.offset * 3 + ['fraud-group', 'payments-group', 'analytics-group'].indexOf(group)
  const id = orderId !== null && code === 'ORDER_ID_CONFLICT' && random() < 0.5 ? orderId : own
  const value = orderValue(id, { amount: pick([12.34, 500], random), country: pick(['US', 'DE'], random) })
  return { value: base64(JSON.stringify(value)), headers: [{ name: truthHeader, value: base64('order') }] }
}

function base64(text: string): string {
  return Buffer.from(text).toString('base64')
}
