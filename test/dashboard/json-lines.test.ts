import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { assert as check, jsonValue, property } from 'fast-check'
import { jsonLines, lineOf } from '../../dashboard/src/json-lines.ts'

const order = { order_id: 7, amount: -20, tags: ['a', { 'x/y~z': null }], none: {}, empty: [] }

/** The text of the line that a pointer leads to. */
function pointed(pointer: string): string | undefined {
  const lines = jsonLines(order)
  return lines[lineOf(lines, pointer)]?.text.trim()
}

describe('the lines of JSON', () => {
  it('are those of an indented text, for any value', () => {
    check(
      property(jsonValue(), (value) => {
        const text = jsonLines(value).map((line) => line.text)
        assert.equal(text.join('\n'), JSON.stringify(value, null, 2))
      }),
    )
  })

  it('are found by a pointer, whose special characters are escaped', () => {
    assert.equal(pointed('/amount'), '"amount": -20,')
    assert.equal(pointed('/tags/1'), '{')
    assert.equal(pointed('/tags/1/x~1y~0z'), '"x/y~z": null')
    assert.equal(pointed('/none'), '"none": {},')
  })

  it('lead to what surrounds a value that is missing', () => {
    assert.equal(pointed('/currency'), '{')
    assert.equal(pointed('/tags/9/deep'), '"tags": [')
    assert.equal(pointed(''), '{')
    assert.equal(pointed('no pointer'), '{')
  })
})
