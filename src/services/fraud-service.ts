import { encodeAlert } from '../codec/alert-codec.ts'
import { orderGroups } from '../codec/groups.ts'
import { decodeOrder, type DecodedOrder } from '../codec/order-codec.ts'
import { assessFraud, type FraudRules } from '../domain/fraud.ts'
import { positionOf, type Service } from '../pipeline/service.ts'
import { orderInput } from './order-input.ts'

/**
 * Reads orders; one record to `fraud-alerts` for each suspicious order record, keyed by order id.
 * It needs no store: a repeated order record repeats its alert, and readers tell by order and reason.
 */
export function fraudService({ topic, rules }: FraudServiceDeps): Service<DecodedOrder, never, never> {
  const group = orderGroups.fraud
  return {
    name: 'fraud',
    group,
    ...orderInput(topic, group),
    decode: decodeOrder,
    decide: () => [],
    effects: { kind: 'none', answer: () => [] },
    emit: (items) =>
      items.flatMap((item) => {
        const alert = item.kind === 'value' ? assessFraud(item.value.order, rules) : undefined
        return alert ? [encodeAlert(group, alert, positionOf(item.record))] : []
      }),
  }
}

export type FraudServiceDeps = Readonly<{ topic: string; rules: FraudRules }>
