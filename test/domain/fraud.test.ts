import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import * as fc from 'fast-check'
import { assessFraud, defaultFraudRules, fraudReason } from '../../src/domain/fraud.ts'
import { anOrder } from '../support/order-facts.ts'

function flagged(minor: number, country: string, currency = 'USD', rules = defaultFraudRules): boolean {
  return assessFraud(anOrder(1, { country, amount: { currency, minor } }), rules) !== undefined
}

describe('fraud', () => {
  it('flags amounts strictly above the limit, outside the home countries', () => {
    assert.ok(flagged(30_001, 'DE'))
    assert.ok(!flagged(30_000, 'DE'))
    assert.ok(!flagged(50_000, 'US'))
    assert.ok(!flagged(50_000, 'CA'))
  })

  it('takes the limit as it stands in any currency, whatever its decimals', () => {
    assert.ok(flagged(301, 'DE', 'JPY'))
    assert.ok(!flagged(300, 'DE', 'JPY'))
    assert.ok(flagged(300_001, 'DE', 'KWD'))
    assert.ok(!flagged(300_000, 'DE', 'KWD'))
  })

  it('has a limit for a currency where one is configured', () => {
    const rules = { ...defaultFraudRules, highAmountByCurrency: { JPY: 45_000.5 } }
    assert.ok(!flagged(45_000, 'DE', 'JPY', rules))
    assert.ok(flagged(45_001, 'DE', 'JPY', rules))
    assert.ok(flagged(30_001, 'DE', 'USD', rules))
  })

  it('never flags the limit itself, and flags the next minor unit', () => {
    const decimals = { JPY: 0, USD: 2, KWD: 3 }
    const currency = fc.constantFrom('JPY', 'USD', 'KWD')
    fc.assert(
      fc.property(currency, fc.integer({ min: 1, max: 100_000_000 }), (code, minor) => {
        const highAmount = Number(`${minor}e-${decimals[code]}`)
        const rules = { ...defaultFraudRules, highAmount }
        assert.ok(!flagged(minor, 'DE', code, rules), `${highAmount} ${code}`)
        assert.ok(flagged(minor + 1, 'DE', code, rules), `above ${highAmount} ${code}`)
      }),
      { examples: [29, 115, 65_531].map((minor): ['USD', number] => ['USD', minor]) },
    )
  })

  it('says what was flagged', () => {
    const order = anOrder(7, { country: 'BR', amount: { currency: 'USD', minor: 49_999 }, status: 'CANCELLED' })
    const alert = {
      orderId: 7,
      reason: fraudReason,
      amount: order.amount,
      country: 'BR',
      createdAtMs: order.createdAtMs,
    }
    assert.deepEqual(assessFraud(order, defaultFraudRules), alert)
  })
})
