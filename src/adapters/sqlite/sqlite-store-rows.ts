import type { SQLOutputValue } from 'node:sqlite'
import { OrdermillError } from '../../errors.ts'

export type Row = Record<string, SQLOutputValue>

export function intOf(row: Row, column: string): number {
  const value = row[column]
  if (typeof value !== 'number') throw unexpected(column, 'a whole number')
  return value
}

export function textOf(row: Row, column: string): string {
  const value = row[column]
  if (typeof value !== 'string') throw unexpected(column, 'a text')
  return value
}

export function textOrNull(row: Row, column: string): string | null {
  return row[column] === null ? null : textOf(row, column)
}

/** JSON that this adapter wrote itself, so that its shape is known. */
// oxlint-disable-next-line typescript/no-unnecessary-type-parameters -- what was stored is the caller's to say
export function restoreJson<Stored>(text: string): Stored {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the writer is this adapter, in a checked file
  return JSON.parse(text) as Stored
}

/** The member of a closed list that is stored as its index. */
export function memberOf<Member>(members: readonly Member[], index: number): Member {
  const member = members[index]
  if (member === undefined) throw unexpected(`member ${index}`, `one of ${members.length}`)
  return member
}

function unexpected(column: string, expected: string): OrdermillError {
  return new OrdermillError('DATA_CORRUPT', `the store holds something else than ${expected} in ${column}: restore it`)
}
