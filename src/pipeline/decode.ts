import { OrdermillError } from '../errors.ts'
import type { LogRecord } from '../ports/log.ts'
import type { Item } from './service.ts'

/** Nothing that a record holds can stop the pipeline: what can't be read becomes a refused item. */
export function decodeItems<Value>(
  records: readonly LogRecord[],
  decode: (record: LogRecord) => Value,
): readonly Item<Value>[] {
  return records.map((record) => decodeItem(record, decode))
}

function decodeItem<Value>(record: LogRecord, decode: (record: LogRecord) => Value): Item<Value> {
  if (record.value === null) return { kind: 'tombstone', record }
  try {
    return { kind: 'value', record, value: decode(record) }
  } catch (error) {
    if (error instanceof OrdermillError && !error.retryable) return { kind: 'refused', record, error }
    throw error
  }
}
