import { orderGroups } from '../codec/groups.ts'
import { decimalText } from '../domain/money.ts'
import type { OrderContent } from '../domain/order-state.ts'
import type { LedgerEntry, LedgerState } from '../domain/payment.ts'
import { samePosition } from '../domain/position.ts'
import type { StoredDeadLetter } from '../ports/order-queries.ts'
import {
  positionOf,
  positionText,
  type JourneyEvent,
  type JourneyFacts,
  type OrderRecord,
  type Output,
} from './journey-facts.ts'

/** Everything that happened, in no order. */
export function journeyEvents(facts: JourneyFacts): readonly JourneyEvent[] {
  const { story } = facts
  return [
    ...receivedEvents(facts),
    ...fraudEvents(facts),
    ...(story.payment ? paymentEvents(facts, story.payment.ledger) : []),
    ...countedEvents(facts),
    ...story.deadLetters.map((letter) => refusedEvent(facts, letter)),
  ]
}

const nothing = { record: null, group: null, detail: '', sinceMs: null, deadLetterId: null, state: 'neutral' } as const

function receivedEvents({ records }: JourneyFacts): readonly JourneyEvent[] {
  let status: string | null = null
  return records.map((record) => {
    const common = { ...nothing, atMs: record.timestampMs, record: record.place }
    if (record.command) return { ...common, ...commandText(record.command) }
    if (record.retriedFor !== null) return { ...common, ...retryText(record, record.retriedFor) }
    const before = status
    status = record.status ?? status
    if (before !== null && record.status !== null && record.status !== before) {
      return { ...common, kind: 'status-changed', title: `Status ${record.status}`, detail: `was ${before}` }
    }
    const content = record.content ? contentText(record.content) : ''
    const detail = [record.status ?? '', content].filter((text) => text !== '').join(', ')
    return { ...common, kind: 'received', title: before === null ? 'Received' : 'Received again', detail }
  })
}

function commandText({ action, by }: NonNullable<OrderRecord['command']>) {
  const detail = by === '' ? '' : `by ${by}`
  return { kind: 'operator-decided', group: orderGroups.payment, title: `Operator: ${action}`, detail } as const
}

function retryText({ status, redrive }: OrderRecord, group: string) {
  const job = redrive?.job ? `by job ${redrive.job}` : ''
  const detail = [status ?? '', `for ${group} alone`, job].filter((text) => text !== '').join(', ')
  return { kind: 'redriven', group, title: 'Redriven', detail, deadLetterId: redrive?.letterId ?? null } as const
}

function contentText({ amountMinor, currency, country, customerId }: OrderContent): string {
  return `${decimalText(BigInt(amountMinor), currency)} ${currency}, ${country}, customer ${customerId}`
}

function fraudEvents({ alerts, cleared, records }: JourneyFacts): readonly JourneyEvent[] {
  const group = orderGroups.fraud
  const flagged = alerts.map(({ reason, atMs, place, source }): JourneyEvent => {
    const cause = source ? records.find((record) => samePosition(positionOf(record), source)) : records[0]
    const sinceMs = cause?.timestampMs ?? null
    const common = { ...nothing, kind: 'fraud-flagged', group, title: 'Flagged by the fraud rules' } as const
    return { ...common, atMs, record: place, detail: reason, state: 'warning', sinceMs }
  })
  return [
    ...flagged,
    ...cleared.map(({ timestampMs }): JourneyEvent => {
      const detail = 'read, and no rule matched: this leaves no record, so its time is not known'
      const title = 'Cleared by the fraud rules'
      return {
        ...nothing,
        kind: 'fraud-cleared',
        group,
        title,
        detail,
        atMs: null,
        sinceMs: timestampMs,
        state: 'good',
      }
    }),
  ]
}

function paymentEvents(facts: JourneyFacts, ledger: LedgerState): readonly JourneyEvent[] {
  const common = { ...nothing, group: orderGroups.payment, state: 'warning' } as const
  const failed = (ledger.payment.attempts ?? []).map(({ atMs, reason }): JourneyEvent => {
    return { ...common, kind: 'payment-attempted', atMs, title: 'The gateway failed', detail: `${reason}; asked again` }
  })
  let charges = 0
  const decided = ledger.entries.flatMap((entry) => {
    charges += Number(entry.effect === 'charge')
    return entryEvents(facts, ledger, entry, charges)
  })
  return [...failed, ...decided]
}

function entryEvents(
  facts: JourneyFacts,
  ledger: LedgerState,
  entry: LedgerEntry,
  charges: number,
): readonly JourneyEvent[] {
  const output = facts.payments.get(positionText(entry.position))
  const common = { ...nothing, group: orderGroups.payment, sinceMs: timeAt(facts, entry) }
  const decided = { ...common, kind: 'payment-decided', atMs: entry.atMs } as const
  const written = { atMs: output?.timestampMs ?? entry.atMs, record: output?.place ?? null }
  switch (entry.effect) {
    case 'charge':
      return [
        { ...decided, title: 'To be charged', detail: charges === 1 ? '' : `charge ${charges}` },
        { ...common, record: written.record, ...chargeEnd(ledger, entry, output) },
      ]
    case 'SKIPPED':
      return [{ ...decided, ...written, title: 'Not charged', detail: 'it was cancelled before it was paid' }]
    case 'HELD':
      return [{ ...decided, ...written, title: 'Held', detail: 'the fraud rules flag it', state: 'warning' }]
    case 'rejected':
      return [{ ...common, ...written, ...settled('DECLINED'), detail: 'an operator rejected it' }]
    case 'cancelled-after-paid':
      return [{ ...decided, title: 'Cancelled after it was paid', detail: 'nothing is paid back', state: 'warning' }]
    case 'noted': {
      const title = 'The operator’s decision changed nothing'
      return entry.operator ? [{ ...decided, title, detail: 'the payment was not in the state for it' }] : []
    }
    default:
      return entry.effect satisfies never
  }
}

function settled(outcome: string) {
  const isPaid = outcome === 'PAID'
  const title = isPaid ? 'Paid' : 'Declined'
  return { kind: 'payment-settled', title, detail: outcome, state: isPaid ? 'good' : 'bad' } as const
}

/** What a charge came to. One that another charge followed was declined. */
function chargeEnd(
  { payment }: LedgerState,
  { position, atMs, declinedAtMs }: LedgerEntry,
  output: Output | undefined,
) {
  const writtenMs = output?.timestampMs
  if (!samePosition(payment.position, position))
    return { atMs: writtenMs ?? declinedAtMs ?? atMs, ...settled('DECLINED') }
  if (payment.status !== 'PENDING') return { atMs: writtenMs ?? payment.atMs, ...settled(payment.status) }
  const detail = 'no answer is recorded yet'
  return { kind: 'payment-attempted', atMs, title: 'The gateway is asked', detail, state: 'warning' } as const
}

function countedEvents(facts: JourneyFacts): readonly JourneyEvent[] {
  const { story, counted } = facts
  return (story.state?.entries ?? []).map((entry, index) => {
    const by = counted.get(positionText(entry.position))
    return {
      ...nothing,
      kind: 'counted',
      group: orderGroups.analytics,
      atMs: by?.timestampMs ?? null,
      record: by?.place ?? null,
      title: index === 0 ? 'Counted in the totals' : `Status ${entry.status} counted`,
      detail: by
        ? `order_count ${by.orderCount}, true for the records of its partition below ${by.next}`
        : 'when is not known: the totals of that time are not kept any more, or not written yet',
      state: 'good',
      sinceMs: timeAt(facts, entry),
    }
  })
}

function refusedEvent({ records }: JourneyFacts, letter: StoredDeadLetter): JourneyEvent {
  const cause = records.find(
    ({ place }) =>
      place.topic === letter.topic && place.partition === letter.partition && place.offset === letter.offset,
  )
  return {
    kind: 'refused',
    atMs: letter.timestampMs,
    record: letter.letter,
    group: letter.group,
    title: `Refused: ${letter.code}`,
    detail: letter.message,
    state: 'bad',
    sinceMs: cause?.timestampMs ?? null,
    deadLetterId: letter.id,
  }
}

function timeAt({ records }: JourneyFacts, { position }: Pick<LedgerEntry, 'position'>): number | null {
  return records.find((record) => samePosition(positionOf(record), position))?.timestampMs ?? null
}
