import { openMemoryStore } from '../../src/adapters/memory/memory-store.ts'
import type { MemoryStoreState } from '../../src/adapters/memory/memory-store-state.ts'
import type { TotalsSnapshot } from '../../src/ports/order-book.ts'
import type { PaymentLedger } from '../../src/ports/payment-ledger.ts'
import type { Broker } from './broker.ts'

export type Watch = Readonly<{
  /** Reads as a reader would, and remembers: what was read is audited when all is known. */
  look: () => Promise<void>
  totals: readonly TotalsSnapshot[]
  payments: readonly Awaited<ReturnType<PaymentLedger['payments']>>[]
}>

/** I4 and I5 while faults go on; I3 of what was read is for the audit. */
export function openWatch(state: MemoryStoreState, broker: Broker, complain: (complaint: string) => void): Watch {
  const reader = openMemoryStore({ state })
  const marks = new Map<string, Readonly<{ next: number; epoch: number }>>()
  const totals: TotalsSnapshot[] = []
  const payments: Awaited<ReturnType<PaymentLedger['payments']>>[] = []
  let version = ''

  function lookAtShards(): void {
    for (const [key, { next, epoch, from }] of state.shards) {
      const before = marks.get(key) ?? { next: 0, epoch: 0 }
      if (next < before.next) complain(`I4: next of ${key} went from ${before.next} back to ${next}`)
      if (epoch < before.epoch) complain(`I4: epoch of ${key} went from ${before.epoch} back to ${epoch}`)
      if (from > next) complain(`I4: from of ${key} is ${from}, beyond its next ${next}`)
      marks.set(key, { next, epoch })
    }
  }

  return {
    totals,
    payments,
    async look() {
      lookAtShards()
      if (version === (await reader.version())) return
      version = await reader.version()
      const snapshot = await reader.totals()
      const before = totals.at(-1)?.totals.overall.orderCount ?? 0
      const { orderCount } = snapshot.totals.overall
      if (orderCount < before) complain(`I4: order_count went from ${before} back to ${orderCount}`)
      const topic = (await broker.log().topics()).find(({ name }) => name === 'orders')
      for (const [partition, next] of snapshot.asOf.get('orders') ?? []) {
        const end = topic?.partitions[partition]?.end ?? 0
        if (next > end) complain(`I5: the store counts partition ${partition} up to ${next}, the log ends at ${end}`)
      }
      totals.push(snapshot)
      payments.push(await reader.payments())
    },
  }
}
