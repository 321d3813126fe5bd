import type { LetterFilter, RedriveSpec } from '../codec/operation-codec.ts'
import { OrdermillError } from '../errors.ts'
import type { RedriveBody } from './contract/redrive.ts'
import { optionalTime } from './query.ts'

/** What a request without a limit may redrive. */
const limitMax = 10_000_000
/** As large as an order's record may be. */
const editBytesMax = 1024 * 1024

type Edit = Exclude<RedriveBody['edit'], undefined>

/** @throws {OrdermillError} REQUEST_INVALID, RECORD_TOO_LARGE */
export function redriveSpecOf(body: RedriveBody): RedriveSpec {
  const { ids, filter, limit = limitMax, quarantined = false, edit } = body
  if ((ids === undefined) === (filter === undefined)) {
    throw invalid('', 'name either ids or a filter; an empty filter means all')
  }
  if (edit && ids?.length !== 1) throw invalid('/edit', 'goes with exactly one id')
  return {
    kind: 'redrive',
    ...(ids ? { ids: [...new Set(ids)] } : {}),
    ...(filter ? { filter: filterOf(filter) } : {}),
    limit,
    quarantined,
    ...(edit ? { edit: checkedEdit(edit) } : {}),
  }
}

function filterOf({ group, code, from, to, order_id }: Exclude<RedriveBody['filter'], undefined>): LetterFilter {
  const [fromMs, toMs] = [optionalTime('filter/from', from), optionalTime('filter/to', to)]
  return {
    ...(group === undefined ? {} : { group }),
    ...(code === undefined ? {} : { code }),
    ...(fromMs === undefined ? {} : { from_ms: Math.max(fromMs, 0) }),
    ...(toMs === undefined ? {} : { to_ms: Math.max(toMs, 0) }),
    ...(order_id === undefined ? {} : { order_id }),
  }
}

function checkedEdit({ key, value, headers }: Edit): Exclude<RedriveSpec['edit'], undefined> {
  const parts = [
    { pointer: '/edit/key', base64: key ?? '' },
    { pointer: '/edit/value', base64: value },
    ...(headers ?? []).map((header, index) => ({ pointer: `/edit/headers/${index}/value`, base64: header.value })),
  ]
  for (const { pointer, base64 } of parts) {
    if (Buffer.from(base64, 'base64').toString('base64') !== base64) throw invalid(pointer, 'must be base64')
  }
  const bytes = parts.reduce((sum, { base64 }) => sum + Buffer.byteLength(base64, 'base64'), 0)
  if (bytes > editBytesMax) {
    throw new OrdermillError('RECORD_TOO_LARGE', `the edited record has ${bytes} bytes, more than ${editBytesMax}`)
  }
  return { value, ...(key === undefined ? {} : { key }), ...(headers ? { headers } : {}) }
}

function invalid(pointer: string, message: string): OrdermillError {
  return new OrdermillError('REQUEST_INVALID', `the body is not valid: ${pointer || 'it'} ${message}`, {
    issues: [{ pointer, message }],
  })
}
