import { decodeOperation, operationsTopic, type Operation } from '../codec/operation-codec.ts'
import { hasCode } from '../errors.ts'
import type { Log, LogRecord } from '../ports/log.ts'
import { applyOperation, noOperations, type OperationsState } from './operations-state.ts'

/** Of one read of the topic. */
const readBatch = { recordsMax: 1_000, bytesMax: 4 * 1024 * 1024 }

export type OperationsLog = Readonly<{
  /** What all operations come to that were committed when this was called. Costs what is new since the last call. */
  state: () => Promise<OperationsState>
}>

/** Follows the operations topic; there is nothing else to know which jobs there are and who is paused. */
export function operationsLog(log: Pick<Log, 'read'>): OperationsLog {
  let offset = 0
  let known = noOperations
  let following: Promise<OperationsState> = Promise.resolve(known)

  async function follow(): Promise<OperationsState> {
    for (;;) {
      const { records, next } = await readOperations(log, offset)
      for (const operation of operationsOf(records)) known = applyOperation(known, operation)
      offset = next
      if (records.length === 0) return known
    }
  }

  return {
    // One after the other: each continues where the one before it ended, also when that failed.
    state: () => (following = following.then(follow, follow)),
  }
}

async function readOperations(log: Pick<Log, 'read'>, offset: number) {
  try {
    return await log.read({ topic: operationsTopic, partition: 0, offset, ...readBatch })
  } catch (error) {
    // A log of before there were operations, which is only read.
    if (hasCode(error, 'TOPIC_UNKNOWN')) return { records: [], next: offset }
    throw error
  }
}

/** What is none of this version is left out: whoever wrote it knows what it means. */
function operationsOf(records: readonly LogRecord[]): readonly Operation[] {
  return records.flatMap((record) => operationOf(record) ?? [])
}

export function operationOf(record: LogRecord): Operation | undefined {
  try {
    return decodeOperation(record)
  } catch (error) {
    if (hasCode(error, 'RECORD_INVALID')) return undefined
    throw error
  }
}
