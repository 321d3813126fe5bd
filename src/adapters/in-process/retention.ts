import { hasCode } from '../../errors.ts'
import { applyChange, type LogState, type PartitionState } from './log-state.ts'
import type { LogStorage } from './log-storage.ts'

const intervalMs = 60_000

/**
 * Removes what is older than its topic's `retentionMs`, at most once a minute. Call it before each write.
 *
 * A partition's newest chunk stays: it holds the partition's end.
 */
export function createRetention(storage: LogStorage, state: LogState): (nowMs: number) => void {
  let dueMs = Number.NEGATIVE_INFINITY
  return (nowMs) => {
    if (nowMs < dueMs) return
    dueMs = nowMs + intervalMs
    const removals = [...state.topics.values()].flatMap(({ spec: { retentionMs }, partitions }) =>
      retentionMs === undefined
        ? []
        : partitions.flatMap((partition) => expired(storage, partition, nowMs - retentionMs)),
    )
    if (removals.length > 0) tryToRemove(storage, state, removals)
  }
}

type Removals = readonly Readonly<{ partition: PartitionState; begin: number }>[]

function expired(storage: LogStorage, partition: PartitionState, sinceMs: number): Removals {
  const begin = storage.firstOffsetSince(partition, sinceMs)
  return begin > partition.begin ? [{ partition, begin }] : []
}

function tryToRemove(storage: LogStorage, state: LogState, removals: Removals): void {
  try {
    storage.write({ removals })
    applyChange(state, { removals })
  } catch (error) {
    // Tried again in a minute; a disk that stays full makes the writes themselves fail, and those are reported.
    if (!hasCode(error, 'LOG_UNAVAILABLE')) throw error
  }
}
