import type { Log } from '../ports/log.ts'
import type { OrderQueries, ShardSummary } from '../ports/order-queries.ts'
import type { Scratch, Scratches } from '../ports/scratch.ts'
import type { ShardKey } from '../ports/shards.ts'
import type { CheckPlan } from './check-plan.ts'
import type { ReplaySettings } from './replay.ts'

export type CheckDeps = Readonly<{
  log: Log
  /** What is checked. */
  store: OrderQueries
  scratches: Scratches
  settings: ReplaySettings
  now: () => number
  pause: (durationMs: number) => Promise<void>
  /** Minutes of the series before that may be gone by their age; -Infinity where all are kept. */
  seriesKeptFromMs: () => number
}>

/** What a check has come to; kept in the scratch with what was replayed, so that both are of one moment. */
export type CheckState = Readonly<{
  plan: CheckPlan
  phase: Phase
  outputsRead: number
  compared: number
  differences: number
  /** Orders whose records on several partitions were applied in another order than in the replay. */
  interleaved: number
}>

/** `cursor` is of the list that is walked, null at its beginning. */
export type Phase =
  | Readonly<{ kind: 'outputs'; index: number; offset: number }>
  | Readonly<{ kind: 'replay'; index: number }>
  | Readonly<{ kind: 'views' }>
  | Readonly<{ kind: 'compare'; pass: number; cursor: string | null }>
  | Readonly<{ kind: 'totals' }>
  /**
   * Compared are the days before `fromMs`; the next one was looked at `looks` times in vain. `shards`: up to where it is
   * replayed, in steps.
   */
  | Readonly<{ kind: 'series'; fromMs: number; looks: number; shards?: readonly SeriesShard[] }>
  /** Pages of letters before `cursor` are counted, by the shards of the plan; `looks`: how often all of them were, in vain. */
  | Readonly<{ kind: 'letters'; looks: number; cursor: string | null; stood: readonly number[]; bounds?: LetterBounds }>
  | Readonly<{ kind: 'done' }>

export type SeriesShard = Pick<ShardSummary, 'shard' | 'epoch' | 'next'>

export type PieceDeps = Omit<CheckDeps, 'scratches'> & Readonly<{ scratch: Scratch; until: number }>

/** So many a shard's group may have counted without a letter. */
export type Slack = number | 'any'
export type LetterEnd = Readonly<{ shard: ShardKey; to: number }>
/** What letters are compared by, of one moment; by the shards of the plan. */
export type LetterBounds = Readonly<{ ends: readonly LetterEnd[]; slacks: readonly Slack[] }>
