import assert from 'node:assert/strict'
import { it } from 'node:test'
import { csvLines } from '../../src/api/csv.ts'

it('a table keeps a line break of any kind within its cell', () => {
  for (const text of ['x\r1+1', 'x\n1+1', 'x\r\n1+1', 'x\r']) {
    assert.equal(csvLines([['a', (item) => item]], [text]), `"${text}"\n`)
  }
})

// Where semicolons part cells, the quote of a second column lies within a cell and means nothing: `=1+1` was a cell of its own.
it('a table makes no formula of what follows a semicolon or a line break', () => {
  const columns = [
    ['id', () => 1],
    ['text', (text: string) => text],
  ] as const
  for (const [text, cell] of [
    ['x;=1+1', "x;'=1+1"],
    ['x;\t@SUM(A1);y', "x;'\t@SUM(A1);y"],
    ['x\n=1+1', "x\n'=1+1"],
    ['x\r\n-1+1', "x\r\n'-1+1"],
    ['at a;\tat b', 'at a;\tat b'],
  ] as const) {
    assert.equal(csvLines(columns, [text]), `1,"${cell}"\n`)
  }
})
