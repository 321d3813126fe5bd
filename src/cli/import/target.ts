import type { Chunk, ChunkLimits } from './chunks.ts'
import type { ImportId, ImportProgress } from './progress.ts'

/** Where orders go: the data directory itself, or the server that runs on it. */
export type ImportTarget = Readonly<{
  topicId: string
  open: (id: ImportId) => Promise<OpenImport>
  /** Resolves with true when the totals include everything; with false at once where that can't be told. */
  untilCounted: (signal: AbortSignal) => Promise<boolean>
  /** Stops what this command has started; payments that are left are made by the next start. */
  finish: () => Promise<Readonly<{ pendingPayments: number }>>
}> &
  AsyncDisposable

export type OpenImport = Readonly<{
  /** What an earlier import of the same content has done. */
  start: ImportProgress
  limits: ChunkLimits
  /** `progress` includes the chunk. Several may be on their way when it resolves. */
  write: (chunk: Chunk, progress: ImportProgress) => Promise<void>
  /** Resolves when everything written is durable. */
  flush: () => Promise<void>
  /** Marks the file as imported. */
  complete: (progress: ImportProgress) => Promise<void>
}>
