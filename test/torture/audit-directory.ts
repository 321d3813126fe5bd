import { join } from 'node:path'
import { openSqliteLog } from '../../src/adapters/sqlite/sqlite-log.ts'
import { openSqliteStore } from '../../src/adapters/sqlite/sqlite-store.ts'
import type { OrderIdReuse } from '../../src/domain/order.ts'
import type { PaymentPolicy } from '../../src/domain/payment.ts'
import type { Log, NewRecord } from '../../src/ports/log.ts'
import { audit } from '../support/audit/audit.ts'
import { placeOf } from '../support/audit/facts.ts'
import { readRedrives } from '../support/audit/redrives.ts'
import { readTopic } from '../support/log-harness.ts'
import { endlessInput } from './endless-input.ts'
import type { Outside } from './outside.ts'

export type Audited = Readonly<{
  outside: Outside
  seed: number
  policy: PaymentPolicy
  reuse: OrderIdReuse
  ordersStay?: boolean
}>

/** Reads what the engines left, as a reader beside them would. */
export async function auditDirectory(
  directory: string,
  { outside, seed, policy, reuse, ordersStay = false }: Audited,
): Promise<readonly string[]> {
  const log = openSqliteLog({ file: join(directory, 'log.db'), readOnly: true })
  const store = openSqliteStore({ file: join(directory, 'store.db'), readOnly: true })
  try {
    const lost = await lostOf(log, outside, endlessInput({ seed, reuse, ordersStay }))
    const forgotten = await forgottenOf(log, outside)
    return [...lost, ...forgotten, ...(await audit({ log, store, calls: outside.calls, policy, reuse }))]
  } finally {
    await store.close()
    await log.close()
  }
}

/** I1: what was acknowledged is where it was said to be. */
async function lostOf(
  log: Log,
  { acknowledged }: Outside,
  recordAt: (index: number) => NewRecord,
): Promise<readonly string[]> {
  const topic = (await log.topics()).find(({ name }) => name === 'orders')
  const byPlace = new Map((await readTopic(log, 'orders')).map((record) => [placeOf(record), record]))
  return [...acknowledged].flatMap(([index, { partition, offset }]) => {
    const found = byPlace.get(placeOf({ topicId: topic?.id ?? '', partition, offset }))
    const same = Buffer.compare(found?.value ?? Buffer.of(), recordAt(index).value ?? Buffer.of()) === 0
    return found && same ? [] : [`I1: acknowledged record ${index} is not at ${partition}-${offset}`]
  })
}

/** I1: nor was a redrive that was accepted. */
async function forgottenOf(log: Log, { redrives }: Outside): Promise<readonly string[]> {
  const { jobs } = await readRedrives(log)
  return [...redrives].filter((id) => !jobs.has(id)).map((id) => `I1: redrive ${id} was accepted and is not in the log`)
}
