import { randomUUID } from 'node:crypto'
import type { OrderQueries } from '../ports/order-queries.ts'
import type { Pipeline, Snapshot, Totals } from './contract.ts'
import { alertView, isoTime, orderSummary } from './views.ts'

const newestMax = 10

export type SnapshotDeps = Readonly<{
  store: Pick<OrderQueries, 'version' | 'searchOrders' | 'searchAlerts'>
  totals: () => Promise<Totals>
  pipeline: (orderCount: number) => Promise<Pipeline>
  clock: () => number
}>

/** A snapshot as the text of one server-sent event. */
export type Frame = Readonly<{ id: string; text: string }>

/** The newest snapshot: the same object until something has changed. Ids of another run never repeat. */
export function snapshotSource({ store, totals, pipeline, clock }: SnapshotDeps): () => Promise<Frame> {
  const run = randomUUID().slice(0, 8)
  let sequence = 0
  let shown: Readonly<{ version: string; pipeline: Pipeline; frame: Frame }> | undefined

  async function read(): Promise<Omit<Snapshot, 'at' | 'pipeline' | 'totals'>> {
    const [orders, alerts] = await Promise.all([
      store.searchOrders({ sort: 'newest', limit: newestMax }),
      store.searchAlerts({ limit: newestMax }),
    ])
    return { newest_orders: orders.items.map(orderSummary), newest_alerts: alerts.items.map(alertView) }
  }

  return async () => {
    // Asked for first: what is read afterwards is of that version or newer, and a newer one is looked at again.
    const version = await store.version()
    const known = await totals()
    const flow = await pipeline(known.order_count)
    if (shown?.version === version && shown.pipeline === flow) return shown.frame
    const snapshot: Snapshot = { at: isoTime(clock()), totals: known, ...(await read()), pipeline: flow }
    const id = `${run}-${(sequence += 1)}`
    const frame = { id, text: `id: ${id}\nevent: snapshot\ndata: ${JSON.stringify(snapshot)}\n\n` }
    shown = { version, pipeline: flow, frame }
    return frame
  }
}
