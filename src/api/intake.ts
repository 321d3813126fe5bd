import { createHash, randomUUID } from 'node:crypto'
import { orderRecord } from '../codec/order-codec.ts'
import { Check } from 'typebox/value'
import { OrdermillError } from '../errors.ts'
import { greatestChosen, type Intake } from '../ports/intake.ts'
import type { Log } from '../ports/log.ts'
import { acceptedOrders, type AcceptedOrders } from './contract.ts'
import { loopbackPrincipal } from './access.ts'
import { onceInFlight } from './once-in-flight.ts'
import { needsId, parseDrafts, writeDraft, type Draft } from './drafts.ts'

type IntakeDeps = Readonly<{
  log: Pick<Log, 'append'>
  store: Intake
  clock: () => number
  topic: string
  keysInFlightMax: number
}>

/** `principal` is whose key it is: two callers may use the same one. */
export type Submission = Readonly<{ body: string; principal: string; key: string | undefined }>
type KeyedSubmission = Submission & Readonly<{ key: string }>
type Given = Readonly<{ firstOrderId: number; atMs: number }>

/** Takes orders in: durable in the log when it resolves. Resending with the same key appends nothing more that counts. */
export function newOrderIntake(deps: IntakeDeps): (submission: Submission) => Promise<AcceptedOrders> {
  const { store, clock, keysInFlightMax } = deps
  const once = onceInFlight<AcceptedOrders>(keysInFlightMax)

  /** In several processes the records of a double submit are the same and count once. */
  function submitOnce(submission: KeyedSubmission): Promise<AcceptedOrders> {
    const fingerprint = createHash('sha256').update(submission.body).digest('hex')
    return once({ ...submission, fingerprint }, () => submitWithKey(submission, fingerprint))
  }

  async function submitWithKey(
    { body, principal, key }: KeyedSubmission,
    fingerprint: string,
  ): Promise<AcceptedOrders> {
    const parts = partsOf(parseDrafts(body))
    const idsNeeded = parts.filter(isDraft).length
    await noteChosenIds(parts)
    const known = await store.remember({ principal, key, fingerprint, idsNeeded, atMs: clock() })
    if (known.response !== undefined) return parseStoredAnswer(known.response)
    const answer = await appendOrders(deps, parts, known, eventIdPrefix(principal, key))
    await store.complete(principal, key, JSON.stringify(answer))
    return answer
  }

  /** Before ids are given, so that these are others; before the append, because analytics reads it later. */
  async function noteChosenIds(parts: readonly Part[]): Promise<void> {
    const greatest = greatestChosen(parts.flatMap((part) => (isDraft(part) ? [] : [part.orderId])))
    if (greatest > 0) await store.noteOrderIds(greatest)
  }

  return async ({ key, ...submission }) => {
    if (key !== undefined) return submitOnce({ ...submission, key })
    const parts = partsOf(parseDrafts(submission.body))
    const idsNeeded = parts.filter(isDraft).length
    await noteChosenIds(parts)
    const firstOrderId = idsNeeded > 0 ? await store.reserveOrderIds(idsNeeded) : 0
    return appendOrders(deps, parts, { firstOrderId, atMs: clock() }, `http/${randomUUID()}`)
  }
}

/** Without tokens there is one caller, and the key is enough; with them, two callers' keys must not meet. */
function eventIdPrefix(principal: string, key: string): string {
  return principal === loopbackPrincipal ? `http/${key}` : `http/${principal}/${key}`
}

/** An order as it will be written, or, until it has an id, what it is made of. */
type Part = ReturnType<typeof writeDraft> | Draft

function partsOf(drafts: readonly Draft[]): readonly Part[] {
  return drafts.map((draft) => (needsId(draft) ? draft : writeDraft(draft, { orderId: 0, atMs: 0 })))
}

function isDraft(part: Part): part is Draft {
  return 'members' in part
}

async function appendOrders(
  { log, topic }: IntakeDeps,
  parts: readonly Part[],
  { firstOrderId, atMs }: Given,
  prefix: string,
): Promise<AcceptedOrders> {
  let next = firstOrderId
  const written = parts.map((part) => (isDraft(part) ? writeDraft(part, { orderId: next++, atMs }) : part))
  const records = written.map(({ json, orderId }, n) => orderRecord(topic, json, orderId, `${prefix}/${n}`))
  const positions = await log.append(records)
  const orders = positions.map(({ partition, offset }, index) => ({
    order_id: written[index]?.orderId ?? 0,
    topic,
    partition,
    offset,
  }))
  return { accepted: orders.length, orders }
}

function parseStoredAnswer(text: string): AcceptedOrders {
  const answer: unknown = JSON.parse(text)
  if (Check(acceptedOrders, answer)) return answer
  throw new OrdermillError('DATA_CORRUPT', 'the answer that the store keeps for this Idempotency-Key is none of ours')
}
