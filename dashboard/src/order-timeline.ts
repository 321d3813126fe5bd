import type { OrderDetail } from '../../src/api/contract.ts'
import { orderStatusLabel, reasonText, type Tone } from './labels.ts'

type Story = Pick<OrderDetail, 'order' | 'entries' | 'payment' | 'alerts' | 'dead_letters'>
type Place = Readonly<{ topic_id: string; partition: number; offset: number }>

export type TimelineEvent = Readonly<{
  title: string
  detail: string
  tone: Tone
  /** null: it happened, but nobody noted when. */
  at: string | null
  place?: Place
  /** The same by the topic's name, where it is known. */
  record?: Readonly<{ topic: string; partition: number; offset: number }>
  /** Who did it and how fast. */
  note?: string
  href?: string
}>

/** All that is known to have happened to an order, the earliest first; what has no time keeps its place in the order. */
export function timelineOf(story: Story): readonly TimelineEvent[] {
  const timed = [...received(story), ...alerts(story), ...payments(story), ...refusals(story)]
  return timed
    .map((event, index) => ({
      event,
      index,
      atMs: event.at === null ? Number.POSITIVE_INFINITY : Date.parse(event.at),
    }))
    .toSorted((a, b) => a.atMs - b.atMs || a.index - b.index)
    .map(({ event }) => event)
}

function received({ order, entries, payment }: Story): readonly TimelineEvent[] {
  return entries.map(({ status, ...place }, index) => {
    const noted = payment?.entries.find((entry) => samePlace(entry, place))?.at ?? null
    return index === 0
      ? {
          title: 'Received',
          detail: `as ${orderStatusLabel(status)}`,
          tone: 'active',
          at: order?.logged_at ?? noted,
          place,
        }
      : {
          title: `Became ${orderStatusLabel(status).toLowerCase()}`,
          detail: 'a later record of this order',
          tone: 'active',
          at: noted,
          place,
        }
  })
}

function samePlace(a: Place, b: Place): boolean {
  return a.offset === b.offset && a.partition === b.partition && a.topic_id === b.topic_id
}

function alerts({ alerts: raised }: Story): readonly TimelineEvent[] {
  return raised.map(({ reason, logged_at }) => ({
    title: 'Flagged by a fraud rule',
    detail: reasonText(reason),
    tone: 'warning',
    at: logged_at,
  }))
}

const effects = {
  charge: { title: 'Payment reserved', detail: 'this record alone may charge', tone: 'active' },
  SKIPPED: { title: 'Not charged', detail: 'the order was cancelled', tone: 'neutral' },
  HELD: { title: 'Payment held', detail: 'a fraud rule flags the order', tone: 'warning' },
  'cancelled-after-paid': { title: 'Cancelled after it was paid', detail: 'the payment stands', tone: 'warning' },
  rejected: { title: 'Rejected by an operator', detail: 'it is not charged', tone: 'neutral' },
} as const

function payments({ payment }: Story): readonly TimelineEvent[] {
  if (!payment) return []
  const steps = payment.entries.flatMap(({ effect, at }) => (effect === 'noted' ? [] : [{ ...effects[effect], at }]))
  return [...steps, ...settlement(payment)]
}

function settlement({ outcome, settled_at }: NonNullable<Story['payment']>): readonly TimelineEvent[] {
  switch (outcome) {
    case 'PAID':
      return [{ title: 'Paid', detail: 'charged once', tone: 'good', at: settled_at }]
    case 'DECLINED':
      return [{ title: 'Payment declined', detail: 'the gateway refused for good', tone: 'bad', at: settled_at }]
    case 'PENDING':
      return [{ title: 'Waiting for the gateway', detail: 'no answer is kept yet', tone: 'active', at: null }]
    case 'SKIPPED':
    case 'HELD':
      return []
    default:
      return outcome satisfies never
  }
}

function refusals({ dead_letters }: Story): readonly TimelineEvent[] {
  return dead_letters.map(({ id, group, code, message, logged_at }) => ({
    title: `Record refused by ${group}`,
    detail: `${code}: ${message}`,
    tone: 'bad',
    at: logged_at,
    href: `/dead-letters/${encodeURIComponent(id)}`,
  }))
}
