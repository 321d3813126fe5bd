import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { LedgerEffect } from '../../src/domain/payment.ts'
import type { NewRecord } from '../../src/ports/log.ts'
import { jsonOf, orderRecord } from '../support/order-json.ts'
import { openRig, type Rig, type RigOptions } from '../support/pipeline-rig.ts'

const suspicious = { amount: 500, country: 'DE' }

async function effectsOf({ store }: Rig, orderId: number): Promise<readonly LedgerEffect[]> {
  const [story] = await store.findOrder(orderId)
  return (story?.payment?.ledger.entries ?? []).map(({ effect }) => effect)
}

async function statusOf({ store }: Rig, orderId: number): Promise<string | undefined> {
  return (await store.findOrder(orderId))[0]?.payment?.ledger.payment.status
}

async function outcomesOf(rig: Rig): Promise<readonly string[]> {
  const records = [...(await rig.records('payments')), ...(await rig.records('payment-outcomes'))]
  return records.map(jsonOf).map(({ order_id: id, status }) => `${String(id)} ${String(status)}`)
}

async function openedWith(options: RigOptions, ...records: readonly NewRecord[]): Promise<Rig> {
  const rig = await openRig(options)
  await rig.append(...records)
  await rig.run('payment')
  return rig
}

describe('payment policy `all`', () => {
  it('pays every order once, cancelled and suspicious ones too, and says how many those were', async () => {
    const rig = await openedWith(
      {},
      orderRecord(1, { status: 'CANCELLED' }),
      orderRecord(2, suspicious),
      orderRecord(2, { ...suspicious, status: 'CONFIRMED' }),
      orderRecord(2, { ...suspicious, status: 'CANCELLED' }),
    )
    assert.deepEqual(await outcomesOf(rig), ['1 PAID', '2 PAID'])
    const { tally } = await rig.store.payments()
    assert.deepEqual([tally.paid, tally.paidCancelled, tally.paidFlagged], [2, 1, 1])
    assert.deepEqual([tally.statusChanges, tally.cancelledAfterPaid], [2, 1])
  })
})

describe('a cancellation in the batch of its charge', () => {
  const records = [1, 2].flatMap((id) => [orderRecord(id), orderRecord(id, { status: 'CANCELLED' })])
  const gateway: RigOptions['gateway'] = ({ charge }) => (charge.orderId === 1 ? 'DECLINED' : 'PAID')

  it('is after a payment only where that charge pays', async () => {
    const { tally } = await (await openedWith({ gateway }, ...records)).store.payments()
    assert.deepEqual([tally.paid, tally.declined, tally.statusChanges, tally.cancelledAfterPaid], [1, 1, 2, 1])
  })

  it('counts the same when the store is lost and filled again', async () => {
    const rig = await openedWith({ gateway }, ...records)
    const filled = await openRig({ log: rig.log })
    await filled.run('payment')
    assert.deepEqual((await filled.store.payments()).tally, (await rig.store.payments()).tally)
  })
})

describe('payment policy `billable`', () => {
  const policy = 'billable'

  it('skips a cancelled order, and pays it when it is confirmed after all', async () => {
    const rig = await openedWith({ policy }, orderRecord(1, { status: 'CANCELLED' }))
    assert.deepEqual([await statusOf(rig, 1), rig.calls.length], ['SKIPPED', 0])
    await rig.append(orderRecord(1, { status: 'CONFIRMED' }))
    await rig.run('payment')
    assert.equal(await statusOf(rig, 1), 'PAID')
    assert.deepEqual(await outcomesOf(rig), ['1 PAID', '1 SKIPPED'])
    assert.deepEqual(await effectsOf(rig, 1), ['SKIPPED', 'charge'])
  })

  it('holds what the fraud rules flag, and a confirmation does not release it', async () => {
    const rig = await openedWith(
      { policy },
      orderRecord(1, suspicious),
      orderRecord(1, { ...suspicious, status: 'CONFIRMED' }),
    )
    assert.deepEqual([await statusOf(rig, 1), rig.calls.length], ['HELD', 0])
    assert.deepEqual(await outcomesOf(rig), ['1 HELD'])
    assert.deepEqual(await effectsOf(rig, 1), ['HELD', 'noted'])
  })

  it('pays a held order at its next status change once the rules no longer flag it', async () => {
    const rig = await openedWith({ policy }, orderRecord(1, suspicious))
    const relaxed = await openRig({
      policy,
      log: rig.log,
      store: rig.store,
      rules: { highAmount: 1_000, highAmountByCurrency: {}, homeCountries: new Set() },
    })
    await relaxed.append(orderRecord(1, { ...suspicious, status: 'CONFIRMED' }))
    await relaxed.run('payment')
    assert.deepEqual(await outcomesOf(relaxed), ['1 PAID', '1 HELD'])
  })

  it('skips a held order that is cancelled', async () => {
    const rig = await openedWith(
      { policy },
      orderRecord(1, suspicious),
      orderRecord(1, { ...suspicious, status: 'CANCELLED' }),
    )
    assert.equal(await statusOf(rig, 1), 'SKIPPED')
    assert.deepEqual(await outcomesOf(rig), ['1 HELD', '1 SKIPPED'])
  })

  it('never takes a payment back: a cancellation after it is reported', async () => {
    const rig = await openedWith({ policy }, orderRecord(1), orderRecord(1, { status: 'CANCELLED' }))
    assert.equal(await statusOf(rig, 1), 'PAID')
    assert.deepEqual(await effectsOf(rig, 1), ['charge', 'cancelled-after-paid'])
    assert.equal((await rig.store.payments()).tally.cancelledAfterPaid, 1)
  })

  it('does not ask again for an order that was declined', async () => {
    const rig = await openedWith(
      { policy, gateway: () => 'DECLINED' },
      orderRecord(1),
      orderRecord(1, { status: 'CONFIRMED' }),
    )
    assert.deepEqual([await statusOf(rig, 1), rig.calls.length], ['DECLINED', 1])
  })
})

describe('order ids that are used again', () => {
  it('are refused by default, and are orders of their own under `replace`', async () => {
    const records = [orderRecord(1), orderRecord(1, { created_at: '2026-02-01T00:00:00Z', amount: 99 })]
    const refusing = await openedWith({}, ...records)
    assert.deepEqual(
      refusing.calls.map(({ key }) => key),
      ['1'],
    )
    const replacing = await openedWith({ reuse: 'replace' }, ...records)
    assert.deepEqual(
      replacing.calls.map(({ key }) => key),
      [`1@${Date.parse('2026-01-02T03:04:05.678Z')}`, `1@${Date.parse('2026-02-01T00:00:00Z')}`],
    )
  })
})
