import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { fitColumns } from '../../dashboard/src/components/table-fit.ts'

const columns = [
  { id: 'order', width: 120, narrowWidth: 'auto', minWidth: 90 },
  { id: 'customer', width: 200, leaves: 1 },
  { id: 'received', width: 200, leaves: 2 },
  { id: 'amount', width: 120 },
] as const

function idsAt(roomPx: number): readonly string[] {
  return fitColumns(columns, roomPx).columns.map(({ id }) => id)
}

describe('the columns of a table', () => {
  it('are all there where there is room', () => {
    assert.deepEqual(idsAt(640), ['order', 'customer', 'received', 'amount'])
  })

  it('leave in their order until the rest fits', () => {
    assert.deepEqual(idsAt(639), ['order', 'received', 'amount'])
    assert.deepEqual(idsAt(409), ['order', 'amount'])
  })

  it('stay, and are scrolled to, where they may not leave', () => {
    assert.deepEqual(fitColumns(columns, 100), { columns: [columns[0], columns[3]], narrow: true, leastPx: 210 })
  })
})
