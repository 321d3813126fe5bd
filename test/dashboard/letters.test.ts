import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { base64Of, jsonFault } from '../../dashboard/src/bytes.ts'
import { letterFilter, letterQuery } from '../../dashboard/src/letter-query.ts'
import { outcomesText, previewSummary, redriveLabel } from '../../dashboard/src/redrive-words.ts'
import type { RedrivePreview } from '../../src/api/contract/redrive.ts'

function preview(over: Partial<RedrivePreview>): RedrivePreview {
  return { matching: 0, more: false, quarantined: 0, redriven: 0, not_redrivable: 0, groups: [], letters: [], ...over }
}
const ofFraud = { group: 'fraud-group', topic: 'orders.fraud-group.retry', letters: 37, outcomes: { alert: 37 } }

describe('filters of dead letters', () => {
  it('show what is open unless something else is asked for', () => {
    assert.deepEqual(letterQuery({}), { state: 'open' })
    assert.deepEqual(letterQuery({ group: 'fraud-group', state: 'redriven' }), {
      group: 'fraud-group',
      state: 'redriven',
    })
    assert.deepEqual(letterQuery({ state: 'all' }), {})
  })

  it('are the conditions of a redrive, whose order id is a number', () => {
    assert.deepEqual(letterFilter({ code: 'RECORD_INVALID', order_id: '7', state: 'open' }), {
      code: 'RECORD_INVALID',
      order_id: 7,
    })
  })
})

describe('a dry run in words', () => {
  it('says how many go where, and that nobody else sees them', () => {
    const words = previewSummary(preview({ matching: 37, groups: [ofFraud] }))
    assert.equal(words, '37 letters go to fraud-group; no other group sees them.')
    assert.equal(redriveLabel(preview({ groups: [ofFraud] }), undefined), 'Redrive 37 letters')
  })

  it('says what is left out, and what was not looked at', () => {
    const partial = preview({ matching: 1_000, more: true, quarantined: 2, redriven: 1, groups: [ofFraud] })
    assert.match(previewSummary(partial), /1 left out: redriven before\. 2 left out: they came back too often\./)
    assert.match(previewSummary(partial), /Only the first 1,000 were judged/)
    assert.equal(redriveLabel(partial, undefined), 'Redrive all that match')
    assert.equal(redriveLabel(partial, 5_000), 'Redrive up to 5,000 letters')
    assert.match(previewSummary(preview({ not_redrivable: 3 })), /3 left out: “Letter by letter” says why\./)
    assert.equal(previewSummary(preview({ redriven: 1 })), 'No letter would be redriven. 1 left out: redriven before.')
  })

  it('puts the most frequent outcome first', () => {
    assert.equal(outcomesText({ 'refused again': 1, counted: 1_200 }), '1,200 counted, 1 refused again')
  })
})

describe('an edited copy', () => {
  it('is sent as UTF-8', () => {
    assert.equal(Buffer.from(base64Of('{"name":"Zoë €"}'), 'base64').toString(), '{"name":"Zoë €"}')
  })

  it('is told to be JSON or why not', () => {
    assert.equal(jsonFault('{"amount": 1}'), undefined)
    assert.match(jsonFault('{"amount": 1') ?? '', /JSON/)
  })
})
