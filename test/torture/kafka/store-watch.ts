import type { TotalsSnapshot } from '../../../src/ports/order-book.ts'
import type { PaymentLedger } from '../../../src/ports/payment-ledger.ts'
import type { Mark, TorturedStore } from './tortured-store.ts'

/** More would make the audit of a long run longer than the run. */
const snapshotsMax = 400

type Payments = Awaited<ReturnType<PaymentLedger['payments']>>

export type StoreWatch = Readonly<{
  /** Reads as readers do while faults go on, and remembers: what was read is audited when all is known. */
  look: () => Promise<void>
  totals: () => readonly TotalsSnapshot[]
  payments: () => readonly Payments[]
}>

/** I4 and I7 on the store's own shards, while they are written; I3 of what was read is for the audit. */
export function watchStore(
  { reader, marks }: Pick<TorturedStore, 'reader' | 'marks'>,
  complain: (complaint: string) => void,
): StoreWatch {
  const known = new Map<string, Mark>()
  const totals: TotalsSnapshot[] = []
  const payments: Payments[] = []
  let orderCount = 0n
  let version = ''

  async function lookAtShards(): Promise<void> {
    for (const mark of await marks()) {
      const { group, topic, topicId, partition } = mark.shard
      const name = `${group}/${topic}-${partition} of ${topicId}`
      compareMarks(name, known.get(name), mark, complain)
      known.set(name, mark)
    }
  }

  return {
    async look() {
      await lookAtShards()
      const versionNow = await reader.version()
      if (version === versionNow) return
      version = versionNow
      const snapshot = await reader.totals()
      const count = BigInt(snapshot.totals.overall.orderCount)
      if (count < orderCount) complain(`I4: order_count went from ${orderCount} back to ${count}`)
      orderCount = count
      keep(totals, snapshot)
      keep(payments, await reader.payments())
    },
    totals: () => totals,
    payments: () => payments,
  }
}

/** A batch's id begins with the epoch of the claim that it was applied under. */
function compareMarks(name: string, before: Mark | undefined, now: Mark, complain: (complaint: string) => void): void {
  if (now.from > now.next) complain(`I4: from of ${name} is ${now.from}, beyond its next ${now.next}`)
  if (!before) return
  if (now.next < before.next) complain(`I4: next of ${name} went from ${before.next} back to ${now.next}`)
  if (now.epoch < before.epoch) complain(`I4: epoch of ${name} went from ${before.epoch} back to ${now.epoch}`)
  const epochOfBatch = Number.parseInt(now.batchId, 10)
  if (now.batchId !== before.batchId && epochOfBatch < before.epoch) {
    complain(`I7: ${name} was written by batch ${now.batchId} after epoch ${before.epoch} was claimed`)
  }
}

/** With too many of them every second one goes, so that they are of the whole run. */
function keep<Item>(items: Item[], item: Item): void {
  items.push(item)
  if (items.length > snapshotsMax) {
    const rest = items.filter((_, index) => index % 2 === 0)
    items.splice(0, items.length, ...rest)
  }
}
