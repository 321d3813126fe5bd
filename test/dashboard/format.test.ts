import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import {
  formatAge,
  formatClock,
  formatCountShort,
  formatInstant,
  formatMoney,
  formatMoneyShort,
  formatMoneyStep,
  formatRate,
  formatRelative,
  formatSeconds,
  formatShare,
  plural,
} from '../../dashboard/src/format.ts'
import { exactNumber } from '../../dashboard/src/exact.ts'

describe('money on the page', () => {
  it('has as many decimals as its currency', () => {
    assert.equal(formatMoney(1234.5, 'USD'), '$1,234.50')
    assert.equal(formatMoney(1234, 'JPY'), '¥1,234')
    assert.equal(formatMoney(1.234, 'KWD').replaceAll(/\s/g, ' '), 'KWD 1.234')
    assert.equal(formatMoney(-3, 'EUR'), '-€3.00')
  })

  it('hides nothing that was counted in a currency that a shop rounds', () => {
    assert.equal(formatMoney(5.25, 'HUF').replaceAll(/\s/g, ' '), 'Ft 5.25')
    assert.equal(formatMoney(5, 'HUF').replaceAll(/\s/g, ' '), 'Ft 5.00')
    assert.equal(formatMoney(0.125, 'IQD').replaceAll(/\s/g, ' '), 'IQD 0.125')
  })

  it('shows every digit of a sum that no double can hold', () => {
    assert.equal(formatMoney(exactNumber('9999999999999912.11'), 'USD'), '$9,999,999,999,999,912.11')
    assert.equal(formatMoneyShort(exactNumber('9999999999999912.11'), 'USD'), '$10,000T')
  })

  it('is short in a tile, and exact as long as it fits', () => {
    assert.equal(formatMoneyShort(9_999.99, 'USD'), '$9,999.99')
    assert.equal(formatMoneyShort(329_917.84, 'USD'), '$329,918')
    assert.equal(formatMoneyShort(12_345_678.9, 'USD'), '$12.35M')
  })

  it('has no needless zeros on an axis', () => {
    assert.equal(formatMoneyStep(0, 'USD'), '$0')
    assert.equal(formatMoneyStep(40_000, 'USD'), '$40K')
    assert.equal(formatMoneyStep(1_500, 'USD'), '$1.5K')
  })
})

describe('figures on the page', () => {
  it('counts exactly up to ten million', () => {
    assert.equal(formatCountShort(9_999_999), '9,999,999')
    assert.equal(formatCountShort(1_204_331_000), '1.20B')
  })

  it('never shows something as nothing, or nearly all as all', () => {
    assert.equal(formatShare(1, 1_000_000), '<0.1%')
    assert.equal(formatShare(999_999, 1_000_000), '>99.9%')
    assert.equal(formatShare(1, 8), '12.5%')
    assert.equal(formatShare(0, 5), '0.0%')
    assert.equal(formatShare(0, 0), '–')
  })

  it('gives a rate the digits that say something', () => {
    assert.deepEqual([0, 0.25, 12.34, 123.4, 48_211, 1_250_000].map(formatRate), [
      '0',
      '0.3',
      '12.3',
      '123',
      '48,211',
      '1.3M',
    ])
  })

  it('says one of one and more of more', () => {
    assert.equal(plural(1, 'order'), '1 order')
    assert.equal(plural(1_200, 'order'), '1,200 orders')
    assert.equal(plural(0, 'order'), '0 orders')
  })
})

describe('time on the page', () => {
  const atMs = Date.UTC(2026, 0, 31, 13, 37, 0, 250)

  it('is absolute in UTC to the millisecond', () => {
    assert.equal(formatInstant(atMs), '2026-01-31 13:37:00.250 UTC')
    assert.equal(formatClock(atMs), '13:37')
  })

  it('is relative in the largest unit that fits', () => {
    const ago = (ms: number) => formatRelative(atMs, atMs + ms)
    assert.equal(ago(999), 'now')
    assert.equal(ago(1_000), '1 s ago')
    assert.equal(ago(59_999), '59 s ago')
    assert.equal(ago(60_000), '1 min ago')
    assert.equal(ago(3 * 3_600_000), '3 h ago')
    assert.equal(ago(49 * 3_600_000), '2 d ago')
  })

  it('forgives a clock that is a little ahead, and shows one that is far ahead', () => {
    assert.equal(formatRelative(atMs + 5_000, atMs), 'now')
    assert.equal(formatRelative(atMs + 120_000, atMs), 'in 2 min')
  })

  it('gives lag one decimal below ten seconds, and never rounds it to nothing', () => {
    assert.deepEqual([0, 0.004, 0.42, 9.96, 12.7, 200].map(formatSeconds), [
      '0 s',
      '0.1 s',
      '0.4 s',
      '10.0 s',
      '12 s',
      '3 min',
    ])
    assert.equal(formatAge(0), '0 s')
  })
})
