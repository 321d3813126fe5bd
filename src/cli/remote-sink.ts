import { randomUUID } from 'node:crypto'
import { textOf } from '../codec/bytes.ts'
import { parseJsonObject } from '../codec/json.ts'
import type { ProducerSink } from '../compose/produce.ts'
import { listAt, parseDocument, textAt } from './document.ts'
import type { HttpApi } from './http-api.ts'
import type { ProducedOrder } from './order-line.ts'
import { postOrders } from './post-orders.ts'

/** Sends made-up orders to a running server, which gives them their ids: the producer's own are only placeholders. */
export function remoteSink(api: HttpApi, onAccepted: (orders: readonly ProducedOrder[]) => void): ProducerSink {
  const run = randomUUID()
  // A send is waited for to its end, also when the command is asked to stop.
  const { signal } = new AbortController()
  let requests = 0
  return {
    intake: { reserveOrderIds: () => Promise.resolve(1) },
    log: {
      async append(records) {
        requests += 1
        const body = `{"orders":[${records.map(({ value }) => withoutId(value ?? new Uint8Array())).join(',')}]}`
        const answer = await postOrders(api, { body, idempotencyKey: `produce-${run}-${requests}` }, signal)
        const orders = listAt(parseDocument(answer), 'orders').map((order) => ({
          orderId: Number(textAt(order, 'order_id')),
          topic: textAt(order, 'topic'),
          partition: Number(textAt(order, 'partition')),
          offset: Number(textAt(order, 'offset')),
        }))
        onAccepted(orders)
        return orders.map(({ topic, partition, offset }) => ({ topic, topicId: '', partition, offset }))
      },
    },
  }
}

function withoutId(value: Uint8Array): string {
  const { order_id: _placeholder, ...order } = parseJsonObject(textOf(value))
  return JSON.stringify(order)
}
