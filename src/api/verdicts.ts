import { setImmediate } from 'node:timers/promises'
import { decodeOrder } from '../codec/order-codec.ts'
import { judgeOrder, type OrderState } from '../domain/order-state.ts'
import { samePosition, type Position } from '../domain/position.ts'
import type { Log } from '../ports/log.ts'
import type { OrderQueries } from '../ports/order-queries.ts'
import type { AcceptedOrder } from './contract.ts'

/** What analytics made of orders that it has read: each with `counted`, and with why not. */
export type VerdictReader = (orders: readonly AcceptedOrder[]) => Promise<AcceptedOrder[]>

type Verdict = Pick<AcceptedOrder, 'counted' | 'code'>
type Deps = Readonly<{ log: Pick<Log, 'read' | 'topics'>; store: Pick<OrderQueries, 'findOrder'> }>

/** Between these many look-ups others get their turn: a batch has a thousand. */
const lookUpsMax = 20

export function verdictReader({ log, store }: Deps): VerdictReader {
  async function verdictOf({ order_id, topic, partition, offset }: AcceptedOrder, topicId: string): Promise<Verdict> {
    const states = (await store.findOrder(order_id)).flatMap(({ state }) => (state ? [state] : []))
    const position = { topicId, partition, offset }
    if (states.some((state) => hasEntry(state, position))) return { counted: true }
    if (await isDuplicate(states, topic, position)) return { counted: true }
    return { counted: false, ...(states.length > 0 && { code: 'ORDER_ID_CONFLICT' }) }
  }

  /** A duplicate leaves no trace of its own in the state: it is judged once more. */
  async function isDuplicate(states: readonly OrderState[], topic: string, position: Position): Promise<boolean> {
    const { partition, offset } = position
    const { records } = await log.read({ topic, partition, offset, recordsMax: 1, bytesMax: 1 })
    const [record] = records
    // The log keeps it no more: then nothing is known against it.
    if (!record || !samePosition(record, position)) return true
    const { order } = decodeOrder(record)
    return states.some((state) => judgeOrder(state, order, position).answer.kind !== 'conflict')
  }

  return async (orders) => {
    const topicIds = new Map((await log.topics()).map(({ name, id }) => [name, id]))
    const judged: AcceptedOrder[] = []
    for (const order of orders) {
      judged.push({ ...order, ...(await verdictOf(order, topicIds.get(order.topic) ?? '')) })
      if (judged.length % lookUpsMax === 0) await setImmediate()
    }
    return judged
  }
}

function hasEntry({ entries }: OrderState, position: Position): boolean {
  return entries.some((entry) => samePosition(entry.position, position))
}
