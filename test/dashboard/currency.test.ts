import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { addAmounts, decimalsOf } from '../../dashboard/src/currency.ts'
import { exactNumber } from '../../dashboard/src/exact.ts'
import { exponentOf, isCurrency } from '../../src/domain/currency.ts'

const letters = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ'.split('')
const codes = letters.flatMap((a) => letters.flatMap((b) => letters.map((c) => a + b + c))).filter(isCurrency)

describe('currencies on the page', () => {
  it('have the decimals that the server counts in, all of them', () => {
    assert.ok(codes.length > 150)
    for (const code of codes) assert.equal(decimalsOf(code), exponentOf(code), code)
  })

  it('are added to the minor unit', () => {
    assert.equal(addAmounts([0.1, 0.2], 'USD'), 0.3)
    assert.equal(addAmounts([1.5, -2.25, 0.05], 'EUR'), -0.7)
    assert.equal(`${addAmounts([exactNumber('9007199254740993.01'), 0.01], 'USD')}`, '9007199254740993.02')
    assert.equal(addAmounts([500, 1], 'JPY'), 501)
    assert.equal(addAmounts([0.001, 0.01], 'KWD'), 0.011)
    assert.equal(addAmounts([], 'USD'), 0)
  })
})
