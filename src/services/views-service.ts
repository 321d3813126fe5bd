import { alertsTopic, decodeAlert } from '../codec/alert-codec.ts'
import { deadLetterTopic, decodeDeadLetter, decodeRedrive, retryTopic } from '../codec/dead-letter-codec.ts'
import { orderGroups, viewsGroup } from '../codec/groups.ts'
import { identityOf, type OrderIdReuse } from '../domain/order.ts'
import type { LogRecord } from '../ports/log.ts'
import type { Item, Service } from '../pipeline/service.ts'
import type { ViewFact, ViewStore } from '../ports/view-store.ts'
import { unreadable } from './order-input.ts'

type View =
  | Pick<Extract<ViewFact, { kind: 'alert' }>, 'kind' | 'alert'>
  | Pick<Extract<ViewFact, { kind: 'dead-letter' }>, 'kind' | 'letter'>
  | Pick<Extract<ViewFact, { kind: 'redrive' }>, 'kind' | 'letterId' | 'redriven'>
  | Pick<Extract<ViewFact, { kind: 'nothing' }>, 'kind'>

/**
 * Alerts, what the groups that read `topic` refused, and what of that was redriven.
 *
 * @param deadLetterTopics of other systems
 */
export function viewsTopics(topic: string, deadLetterTopics: readonly string[] = []): readonly string[] {
  const groups = Object.values(orderGroups)
  const own = [
    alertsTopic,
    ...groups.map((group) => deadLetterTopic(topic, group)),
    ...groups.map((group) => retryTopic(topic, group)),
  ]
  return [...new Set([...own, ...deadLetterTopics])]
}

/** Projects alerts and dead letters into the store, so that one order's story is a few reads by key. */
export function viewsService(deps: ViewsServiceDeps): Service<View, ViewFact, undefined> {
  const { topic, deadLetterTopics, views, reuse } = deps
  const retryTopics = new Set(Object.values(orderGroups).map((group) => retryTopic(topic, group)))
  return {
    name: 'views',
    group: viewsGroup,
    topics: viewsTopics(topic, deadLetterTopics),
    deadLetterTopic: () => deadLetterTopic(alertsTopic, viewsGroup),
    decode: (record) => decode(record, retryTopics),
    decide: (items) => items.map((item) => factOf(item, reuse)),
    effects: {
      kind: 'store',
      shards: views,
      async apply(claim, facts, progress) {
        await views.applyViews(claim, facts, progress)
        return facts.map(() => undefined)
      },
    },
    emit: () => [],
  }
}

export type ViewsServiceDeps = Readonly<{
  topic: string
  /** Other systems', which exist. */
  deadLetterTopics?: readonly string[]
  views: ViewStore
  reuse: OrderIdReuse
}>

function decode(record: LogRecord, retryTopics: ReadonlySet<string>): View {
  if (retryTopics.has(record.topic)) return decodeRedrive(record) ?? { kind: 'nothing' }
  if (record.topic === alertsTopic) return { kind: 'alert', alert: decodeAlert(record) }
  return { kind: 'dead-letter', letter: decodeDeadLetter(record) }
}

function factOf(item: Item<View>, reuse: OrderIdReuse): ViewFact {
  // A letter whose record is a tombstone can't be: tombstones are never refused.
  if (item.kind !== 'value') return unreadable(item)
  const { offset, timestampMs } = item.record
  if (item.value.kind !== 'alert') return { ...item.value, offset }
  const { orderId: id, createdAtMs } = item.value.alert
  return { ...item.value, offset, timestampMs, identity: identityOf({ id, createdAtMs }, reuse) }
}
