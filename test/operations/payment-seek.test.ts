import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { openMemoryLog } from '../../src/adapters/memory/memory-log.ts'
import type { ChargeOutcome, OperatorDecision } from '../../src/domain/payment.ts'
import { OrdermillError } from '../../src/errors.ts'
import { previewSeek, seekGroup, setPaused } from '../../src/operations/group-control.ts'
import type { SeekTarget } from '../../src/operations/group-seek.ts'
import { operationsLog } from '../../src/operations/operations-log.ts'
import { commandPayment } from '../../src/operations/payment-commands.ts'
import { newReconciler } from '../../src/operations/reconciler.ts'
import type { Log } from '../../src/ports/log.ts'
import { jsonOf, orderRecord, retryTopicOfPayments } from '../support/order-json.ts'
import { openRig, type Rig, type RigOptions } from '../support/pipeline-rig.ts'

const group = 'payments-group'
const topic = 'orders'
const end = { kind: 'end' } as const

async function openControlled(options: RigOptions) {
  const rig = await openRig(options)
  const { log, store } = rig
  const deps = { log, store, operations: operationsLog(log), clock: Date.now }
  const request = (target: SeekTarget, of = topic) => ({ group, topic: of, partition: 0, target })
  return {
    ...rig,
    pause: () => setPaused(deps, { group, paused: true, principal: 'test' }),
    preview: async (target: SeekTarget) => (await previewSeek(deps, request(target))).effects.join('\n'),
    seek: (target: SeekTarget, of?: string) => seekGroup(deps, request(target, of), 'test'),
    decide(orderId: number, decision: OperatorDecision) {
      const command = {
        orderId,
        decision,
        principal: 'test',
        reason: undefined,
        createdAtMs: undefined,
        key: undefined,
      }
      return commandPayment({ ...deps, topic }, command)
    },
  }
}

const statusOf = async ({ store }: Rig, orderId: number) =>
  (await store.findOrder(orderId))[0]?.payment?.ledger.payment.status
const paidOrders = async (rig: Rig) => (await rig.records('payments')).map((record) => jsonOf(record)['order_id'])
const refusal = (message: RegExp) => ({ code: 'STATE_CONFLICT', message })

describe('moving payments forward', () => {
  // A process ended when it had charged some of its batch and settled none. Moved past, they were counted as HELD and stayed
  // PENDING, which nobody could release, retry or reject.
  it('holds what was charged in a batch that never ended, and a release charges nobody twice', async () => {
    let ends = true
    const rig = await openControlled({
      gateway({ key }) {
        if (key === '2' && ends) throw new OrdermillError('CONFIG_INVALID', 'the process is gone')
        return 'PAID'
      },
    })
    const { log, store } = rig
    await rig.append(orderRecord(1), orderRecord(2), orderRecord(3))
    await assert.rejects(rig.run('payment'), { code: 'CONFIG_INVALID' })
    await rig.pause()
    assert.match(await rig.preview({ kind: 'offset', offset: 2 }), /may have been charged already: it becomes HELD/)
    await rig.seek({ kind: 'offset', offset: 2 })
    ends = false
    await rig.run('payment', 'analytics', 'fraud')
    await rig.run('views')
    const statuses = async () => [await statusOf(rig, 1), await statusOf(rig, 2), await statusOf(rig, 3)]
    assert.deepEqual(await statuses(), ['HELD', 'HELD', 'PAID'])
    const { tally } = await store.payments()
    assert.deepEqual([tally.held, tally.paid], [2, 1])
    const held = await store.searchPayments({ limit: 10, outcome: 'HELD' })
    assert.deepEqual(new Set(held.items.map(({ orderId }) => orderId)), new Set([1, 2]))

    await rig.decide(1, 'release')
    await rig.decide(2, 'reject')
    await rig.run('payment')
    assert.deepEqual(await statuses(), ['PAID', 'DECLINED', 'PAID'])
    assert.deepEqual(new Set(await paidOrders(rig)), new Set([1, 3]))
    const keys = rig.calls.filter(({ charge }) => charge.orderId === 1).map(({ key }) => key)
    assert.deepEqual(new Set(keys), new Set(['1']))
    const look = await newReconciler({ log, store, topic, hasGaps: false, pause: async () => {} })()
    assert.notEqual(look.state, 'bad', look.summary)
  })

  // Released under the order's own key, the gateway would repeat that it was declined, though the retry may have been paid.
  it('releases a retry that was given up under the key of that retry', async () => {
    let ends = false
    const rig = await openControlled({
      gateway({ key }) {
        if (key === '1') return 'DECLINED'
        if (ends) throw new OrdermillError('CONFIG_INVALID', 'the process is gone')
        return 'PAID'
      },
    })
    await rig.append(orderRecord(1))
    await rig.run('payment')
    await rig.decide(1, 'retry')
    ends = true
    await assert.rejects(rig.run('payment'), { code: 'CONFIG_INVALID' })
    ends = false
    await rig.pause()
    for (const released of [false, true]) {
      const { moves } = await rig.seek(end, retryTopicOfPayments)
      assert.equal(moves[0]?.skips, 1)
      await rig.run('payment')
      assert.equal(await statusOf(rig, 1), 'HELD')
      await rig.decide(1, 'release')
      if (released) break
      ends = true
      await assert.rejects(rig.run('payment'), { code: 'CONFIG_INVALID' })
      ends = false
    }
    await rig.run('payment')
    assert.equal(await statusOf(rig, 1), 'PAID')
    const [first, ...retried] = rig.calls.map(({ key }) => key)
    assert.deepEqual([first, retried.length, new Set(retried).size], ['1', 3, 1])
  })

  // The batch in flight was dropped by the log and settled in the store: paid, counted, and never written to `payments`.
  it('is refused while a batch is in flight', async () => {
    const [asked, answer] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()]
    const rig = await openControlled({
      async gateway(): Promise<ChargeOutcome> {
        asked.resolve()
        await answer.promise
        return 'PAID'
      },
    })
    await rig.append(orderRecord(1), orderRecord(2))
    const running = rig.run('payment')
    await asked.promise
    await assert.rejects(rig.seek(end), refusal(/while it runs: pause it first/))
    await rig.pause()
    await assert.rejects(rig.seek(end), refusal(/its batch in flight is not done; wait/))
    answer.resolve()
    await running
    assert.deepEqual(await paidOrders(rig), [1, 2])
    await rig.append(orderRecord(3))
    await rig.seek(end)
    assert.equal((await rig.log.lag(group))[0]?.committed, 3)
  })

  it('is refused while the log lacks what is settled, and backwards is not', async () => {
    let isLost = false
    const memory = openMemoryLog()
    const log: Log = {
      ...memory,
      transform: (subscription, step, signal) =>
        memory.transform(
          subscription,
          async (batch) => {
            const outputs = await step(batch)
            if (isLost) throw new OrdermillError('CONFIG_INVALID', 'the process is gone before the log has it')
            return outputs
          },
          signal,
        ),
    }
    const rig = await openControlled({ log })
    await rig.append(orderRecord(1))
    await rig.run('payment')
    isLost = true
    await rig.append(orderRecord(2), orderRecord(3))
    await assert.rejects(rig.run('payment'), { code: 'CONFIG_INVALID' })
    await rig.pause()
    await assert.rejects(
      rig.seek(end),
      refusal(/to 3 of orders-0: payments up to 3 are settled.* up to 1 only; resume/),
    )
    await rig.seek({ kind: 'beginning' })
    await assert.rejects(rig.seek({ kind: 'offset', offset: 2 }), refusal(/or move it to 1 at most/))
    await rig.seek({ kind: 'offset', offset: 1 })
    isLost = false
    await rig.run('payment')
    assert.deepEqual(await paidOrders(rig), [1, 2, 3])
    await rig.append(orderRecord(4))
    await rig.seek(end)
  })
})
