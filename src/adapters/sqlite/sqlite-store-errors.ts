import { OrdermillError } from '../../errors.ts'

/** Primary result codes, https://www.sqlite.org/rescode.html */
const unavailable = new Map([
  [5, 'another process holds the write lock'],
  [6, 'another connection holds the write lock'],
  [8, 'it may not be written'],
  [10, 'the disk gave an input/output error'],
  [13, 'the disk is full'],
  [14, 'it cannot be opened: check that its directory exists and may be written'],
])
const corrupt = new Map([
  [11, 'its pages are damaged'],
  [26, 'it is no SQLite database'],
])

/** What a failure of SQLite means for who called the store. Nothing of the statement was applied. */
export function storeError(error: unknown, file: string): unknown {
  const code = resultCode(error)
  if (code === undefined) return error
  const passing = unavailable.get(code)
  if (passing)
    return new OrdermillError('STORE_UNAVAILABLE', `the store ${file} is unavailable: ${passing}`, { cause: error })
  const damage = corrupt.get(code)
  if (damage)
    return new OrdermillError('DATA_CORRUPT', `the store ${file} is damaged: ${damage}; restore it`, { cause: error })
  return new OrdermillError('INTERNAL', `the store ${file} refused a statement: ${String(error)}`, { cause: error })
}

function resultCode(error: unknown): number | undefined {
  if (!(error instanceof Error) || !('errcode' in error) || typeof error.errcode !== 'number') return undefined
  return error.errcode & 0xff
}
