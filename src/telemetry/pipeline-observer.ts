import type { OrdermillError } from '../errors.ts'
import type { LogRecord, Slice } from '../ports/log.ts'

/** What happened, for metrics and logs; must not throw. */
export type PipelineObserver = Readonly<{
  committing: (
    event: Readonly<{ service: string; group: string; records: number; outputs: number; seconds: number }>,
  ) => void
  refused: (event: Readonly<{ group: string; record: LogRecord; error: OrdermillError }>) => void
  lost: (event: Readonly<{ group: string; slice: Slice; records: number }>) => void
  failed: (event: Readonly<{ service: string; group: string; attempt: number; error: unknown }>) => void
}>
