import { randomUUID } from 'node:crypto'
import { Admin } from '@platformatic/kafka'
import { utf8 } from '../../support/log-harness.ts'
import { orderValue } from '../../support/order-json.ts'
import { withProducer } from '../../support-kafka/client.ts'
import { truthHeader } from '../../support/audit/input.ts'
import { partitions } from '../messages.ts'
import { pause, type Stage } from './stage.ts'

/** More than a fetch brings of a partition, in sends below what a broker takes at once. */
const largeSends = 4
const largeBytes = 400_000

/** Other producers' transactions that come to nothing, between the orders; one more partition, once. */
export async function disturbLog(stage: Stage): Promise<void> {
  const { random, calm, count } = stage
  let hasGrown = false
  for (let turn = 1; !calm.aborted; turn += 1) {
    await pause(500 + 3_000 * random(), calm)
    const isLarge = turn % 3 === 0
    count(isLarge ? 'large aborted transaction' : 'aborted transactions')
    await abortTransactions(stage.site.directBootstrap, { large: isLarge, calm })
    if (turn < 4 || hasGrown) continue
    hasGrown = true
    count('partition added')
    await addPartition(stage)
  }
}

export type AbortedOptions = Readonly<{ large: boolean; calm?: AbortSignal }>

/**
 * Two transactions of one producer with orders that nobody may ever see. One that can't be ended in the midst of other
 * faults would be in everybody's way for a minute, so it is taken up again until it is.
 */
export async function abortTransactions(bootstrap: string, { large, calm }: AbortedOptions): Promise<void> {
  const transactionalId = `foreign-${randomUUID()}`
  const attemptsMax = 20
  for (let attempt = 1; attempt <= attemptsMax; attempt += 1) {
    try {
      await withProducer({ bootstrap, transactionalId }, async (producer) => {
        for (const sends of [1, large ? largeSends : 1]) {
          const transaction = await producer.beginTransaction()
          for (let send = 0; send < sends; send += 1) {
            await transaction.send({ messages: phantoms(sends > 1 ? largeBytes : 0) })
          }
          await transaction.abort()
        }
      })
      return
    } catch {
      if (calm) await pause(500, calm)
    }
  }
}

/** Whoever sees one of them has an alert, a payment and an order to show for it. */
function phantoms(paddingBytes: number) {
  const count = paddingBytes > 0 ? 1 : 5
  return Array.from({ length: count }, () => {
    const orderId = 2 ** 40 + Math.floor(Math.random() * 2 ** 40)
    const value = orderValue(orderId, { amount: 499, country: 'DE', note: 'x'.repeat(paddingBytes) })
    const key = Buffer.from(paddingBytes > 0 ? 'large' : `${orderId}`)
    const headers = new Map([[Buffer.from(truthHeader), Buffer.from(utf8('order'))]])
    return { topic: 'orders', key, value: Buffer.from(JSON.stringify(value)), headers }
  })
}

async function addPartition({ site }: Stage): Promise<void> {
  const admin = new Admin({ clientId: 'torture', bootstrapBrokers: site.directBootstrap.split(',') })
  try {
    await admin.createPartitions({ topics: [{ name: 'orders', count: partitions + 1, assignments: null }] })
  } catch {
    // The brokers are being disturbed as well.
  } finally {
    await admin.close()
  }
}
