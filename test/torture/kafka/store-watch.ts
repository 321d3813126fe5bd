import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { openSqliteStore } from '../../../src/adapters/sqlite/sqlite-store.ts'
import type { TotalsSnapshot } from '../../../src/ports/order-book.ts'
import type { PaymentLedger } from '../../../src/ports/payment-ledger.ts'

export const storeFileName = 'store-kafka.db'

/** More would make the audit of a long run longer than the run. */
const snapshotsMax = 400

type Payments = Awaited<ReturnType<PaymentLedger['payments']>>

type Mark = Readonly<{ epoch: number; from: number; next: number; batchId: string }>

export type StoreWatch = Readonly<{
  /** Reads as readers do while faults go on, and remembers: what was read is audited when all is known. */
  look: () => Promise<void>
  totals: () => readonly TotalsSnapshot[]
  payments: () => readonly Payments[]
  close: () => Promise<void>
}>

/** I4 and I7 on the store's own rows, while they are written; I3 of what was read is for the audit. */
export function watchStore(directory: string, complain: (complaint: string) => void): StoreWatch {
  const file = join(directory, storeFileName)
  const rows = new DatabaseSync(file, { readOnly: true })
  const reader = openSqliteStore({ file, readOnly: true })
  const marks = new Map<string, Mark>()
  const totals: TotalsSnapshot[] = []
  const payments: Payments[] = []
  let orderCount = 0n
  let version = ''

  function lookAtShards(): void {
    const sql = `SELECT group_name || '/' || topic || '-' || shard_partition || ' of ' || topic_id AS name,
      epoch, from_offset, next_offset, ifnull(batch_id, '') AS batch FROM shards`
    for (const row of rows.prepare(sql).all()) {
      const [epoch, from, next] = ['epoch', 'from_offset', 'next_offset'].map((column) => Number(row[column]))
      const mark = { epoch: epoch ?? 0, from: from ?? 0, next: next ?? 0, batchId: String(row['batch']) }
      const name = String(row['name'])
      compareMarks(name, marks.get(name), mark, complain)
      marks.set(name, mark)
    }
  }

  return {
    async look() {
      lookAtShards()
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
    async close() {
      rows.close()
      await reader.close()
    },
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
