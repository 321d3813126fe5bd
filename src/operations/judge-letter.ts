import { decodeOrder } from '../codec/order-codec.ts'
import { orderGroups } from '../codec/groups.ts'
import { assessFraud, type FraudRules } from '../domain/fraud.ts'
import { identityOf, identityText, type Order, type OrderIdReuse } from '../domain/order.ts'
import { contentOf, judgeOrder, type OrderAnswer, type OrderState } from '../domain/order-state.ts'
import { judgePayment, type LedgerState, type PaymentAnswer, type PaymentPolicy } from '../domain/payment.ts'
import type { OrdermillError } from '../errors.ts'
import { decodeItems } from '../pipeline/decode.ts'
import { positionOf, type Item } from '../pipeline/service.ts'
import type { LogRecord } from '../ports/log.ts'
import type { OrderStory } from '../ports/order-queries.ts'
import { conflictError } from '../services/order-input.ts'
import { paymentDecoder, paymentFactOf } from '../services/payment-service.ts'

/** What the services decide by. */
export type OrderRules = Readonly<{ policy: PaymentPolicy; fraud: FraudRules; reuse: OrderIdReuse; now: () => number }>

/** What a group would make of a record now. */
export type Judgement = Readonly<{ outcome: string; detail: string }>

type Decoded = Extract<Item<ReturnType<typeof decodeOrder>>, { kind: 'value' }>

export type LetterJudge = Readonly<{
  /** The order whose stories are needed to judge the record; undefined where none are. */
  orderIdOf: (group: string, record: LogRecord) => number | undefined
  /** `stories` are of that order, as the store knows them. */
  judge: (group: string, record: LogRecord, stories: readonly OrderStory[]) => Judgement
}>

/**
 * Judges records one after the other as the services would, each after what those before it came to. Nothing is changed but
 * what this judge remembers.
 */
export function letterJudge(rules: OrderRules): LetterJudge {
  const states = new Map<string, OrderState>()
  const ledgers = new Map<string, LedgerState>()

  function counted({ value: { order }, record }: Decoded, known: OrderState | undefined): Judgement {
    const key = keyOf(order, rules)
    const state = states.get(key) ?? known
    const { answer, append } = judgeOrder(state, order, positionOf(record))
    if (append) {
      states.set(key, {
        content: state?.content ?? contentOf(order),
        entries: state ? [...state.entries, append] : [append],
      })
    }
    return ofOrderAnswer(order, answer)
  }

  function paid(item: Decoded, known: LedgerState | undefined): Judgement {
    const { order } = item.value
    const key = keyOf(order, rules)
    const input = { ...item, value: paymentDecoder(item.record.topic)(item.record) }
    const fact = paymentFactOf(input, { ...rules, rules: rules.fraud })
    if (fact.kind !== 'payment') return nothing
    const { answer, next } = judgePayment(ledgers.get(key) ?? known, fact.intent)
    if (next) ledgers.set(key, next)
    return ofPaymentAnswer(order, answer)
  }

  return {
    orderIdOf(group, record) {
      const item = decoded(record)
      return item?.kind === 'value' && group !== orderGroups.fraud ? item.value.order.id : undefined
    },
    judge(group, record, stories) {
      const item = decoded(record)
      if (item?.kind === 'refused') return refusedAgain(item.error)
      if (item?.kind !== 'value') return nothing
      const { order } = item.value
      const story = storyOf(stories, order, rules)
      if (group === orderGroups.analytics) return counted(item, story?.state)
      if (group === orderGroups.payment) return paid(item, story?.payment?.ledger)
      return assessFraud(order, rules.fraud) ? { outcome: 'alert', detail: '' } : { outcome: 'no alert', detail: '' }
    },
  }
}

const nothing: Judgement = { outcome: 'nothing', detail: 'a record without a value only counts' }

function decoded(record: LogRecord) {
  return decodeItems([record], decodeOrder)[0]
}

function keyOf(order: Order, { reuse }: OrderRules): string {
  return identityText(identityOf(order, reuse))
}

function storyOf(stories: readonly OrderStory[], order: Order, { reuse }: OrderRules): OrderStory | undefined {
  if (reuse === 'refuse') return stories[0]
  return stories.find(({ state, payment }) => {
    const content = state?.content ?? payment?.ledger.content
    return content?.createdAtMs === order.createdAtMs
  })
}

function refusedAgain({ code, message }: OrdermillError): Judgement {
  return { outcome: 'refused again', detail: `${code}: ${message}` }
}

function ofOrderAnswer(order: Order, answer: OrderAnswer): Judgement {
  switch (answer.kind) {
    case 'first':
      return { outcome: 'counted', detail: '' }
    case 'status-change':
      return { outcome: 'status change', detail: `from ${answer.from} to ${order.status}` }
    case 'duplicate':
      return { outcome: 'duplicate', detail: 'the order is counted already' }
    case 'conflict':
      return refusedAgain(conflictError(order.id, answer))
    default:
      return answer satisfies never
  }
}

function ofPaymentAnswer(order: Order, answer: PaymentAnswer): Judgement {
  switch (answer.kind) {
    case 'charge':
      return { outcome: 'charged', detail: 'the gateway decides whether it is PAID or DECLINED' }
    case 'settled':
      return { outcome: answer.outcome.toLowerCase(), detail: '' }
    case 'status-change':
      return {
        outcome: 'status change',
        detail: answer.cancelledAfterPaid ? 'cancelled after it was paid' : 'the payment stays as it is',
      }
    case 'duplicate':
      return { outcome: 'duplicate', detail: 'the payment is decided already' }
    case 'conflict':
      return refusedAgain(conflictError(order.id, answer))
    default:
      return answer satisfies never
  }
}
