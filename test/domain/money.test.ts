import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import * as fc from 'fast-check'
import { exponentOf, isCurrency } from '../../src/domain/currency.ts'
import { amountMinorMax, decimalOf, decimalText, moneyFromDecimal } from '../../src/domain/money.ts'

/** One currency for each exponent that ISO 4217 has. */
const currency = fc.constantFrom('JPY', 'USD', 'KWD', 'CLF')
const minor = fc.oneof(
  fc.integer({ min: 1, max: amountMinorMax }),
  fc.constantFrom(1, amountMinorMax, amountMinorMax - 1),
)

describe('money', () => {
  it('survives being a JSON number, for every exponent', () => {
    const exponents = ['JPY', 'USD', 'KWD', 'CLF'].map(exponentOf)
    assert.deepEqual(exponents, [0, 2, 3, 4])
    fc.assert(
      fc.property(minor, currency, (amount, code) => {
        const money = { currency: code, minor: amount }
        const written = JSON.stringify(decimalOf(money))
        assert.deepEqual(moneyFromDecimal(Number(JSON.parse(written)), code), money)
        assert.equal(Number(decimalText(BigInt(amount), code)), decimalOf(money))
      }),
    )
  })

  it('reads a decimal text of at most as many decimals exactly, and refuses more', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 10 ** 9 }), currency, (amount, code) => {
        const digits = String(amount).padStart(6, '0')
        const decimal = Number(`${digits.slice(0, -5)}.${digits.slice(-5)}`)
        const scale = 10 ** (5 - exponentOf(code))
        const expected = amount % scale === 0 ? { currency: code, minor: amount / scale } : undefined
        assert.deepEqual(moneyFromDecimal(decimal, code), expected)
      }),
    )
  })

  it('never loses a cent of a sum', () => {
    fc.assert(
      fc.property(fc.array(minor, { minLength: 1 }), currency, (amounts, code) => {
        const sum = amounts.reduce((total, amount) => total + BigInt(amount), 0n)
        const [whole = '', decimals = ''] = decimalText(sum, code).split('.')
        assert.equal(decimals.length, exponentOf(code))
        assert.equal(BigInt(whole + decimals), sum)
        assert.equal(decimalText(-sum, code), `-${decimalText(sum, code)}`)
      }),
    )
  })

  it('refuses what is no amount', () => {
    const bad = [
      0,
      -0,
      -1,
      Number.NaN,
      Infinity,
      -Infinity,
      Number('1e309'),
      0.001,
      12.345,
      1e-7,
      1_000_000_000_000,
      1e300,
    ]
    for (const amount of bad) assert.equal(moneyFromDecimal(amount, 'USD'), undefined, String(amount))
    assert.equal(moneyFromDecimal(0.5, 'JPY'), undefined)
    assert.deepEqual(moneyFromDecimal(999_999_999_999.99, 'USD'), { currency: 'USD', minor: amountMinorMax })
  })

  it('reads the amounts that binary fractions can not hold', () => {
    for (const [amount, expected] of [
      [0.1, 10],
      [0.29, 29],
      [1.15, 115],
      [4.35, 435],
      [300.01, 30_001],
      [8.2, 820],
    ] as const) {
      assert.deepEqual(moneyFromDecimal(amount, 'USD'), { currency: 'USD', minor: expected })
    }
  })

  it('writes a sum with all its decimals', () => {
    assert.equal(decimalText(5n, 'USD'), '0.05')
    assert.equal(decimalText(0n, 'KWD'), '0.000')
    assert.equal(decimalText(-12_345n, 'USD'), '-123.45')
    assert.equal(decimalText(12_345n, 'JPY'), '12345')
    assert.equal(decimalText(10n ** 30n, 'CLF'), `1${'0'.repeat(26)}.0000`)
  })

  it('knows active currencies by their upper-case code only', () => {
    for (const code of ['USD', 'JPY', 'KWD', 'CLF', 'EUR']) assert.ok(isCurrency(code), code)
    for (const code of ['usd', 'XXX', '', '__proto__', 'constructor', 'toString', 'DEM'])
      assert.ok(!isCurrency(code), code)
    assert.throws(() => exponentOf('__proto__'), RangeError)
  })
})
