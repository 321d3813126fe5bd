import assert from 'node:assert/strict'
import { it } from 'node:test'
import { csvLines } from '../../src/api/csv.ts'

it('a table keeps a line break of any kind within its cell', () => {
  for (const text of ['x\r=1+1', 'x\n=1+1', 'x\r\n=1+1', 'x\r']) {
    assert.equal(csvLines([['a', (item) => item]], [text]), `"${text}"\n`)
  }
})
