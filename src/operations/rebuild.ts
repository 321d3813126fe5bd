import type { JobProgress, RebuildSpec } from '../codec/operation-codec.ts'
import { hasCode } from '../errors.ts'
import type { Rebuilds, RebuildStore } from '../ports/rebuilds.ts'
import type { Scratch, Scratches } from '../ports/scratch.ts'
import { catchUpLive, type CatchUpDeps } from './catch-up-live.ts'
import { sumOf } from './equations.ts'
import { refuseGoneSince } from './check-plan.ts'
import { readOutcomes, replayedServices } from './replay.ts'
import { planRebuild, type RebuildPlan } from './rebuild-plan.ts'
import type { JobStep } from './run-operations.ts'

export type RebuildDeps = CatchUpDeps &
  Readonly<{
    store: Rebuilds
    /** Where payments that were made are kept, to be looked up. */
    scratches: Scratches
    now: () => number
  }>

type RebuildState = Readonly<{
  plan: RebuildPlan
  outputs: Readonly<{ index: number; offset: number }>
  outputsRead: number
  /** The shard that is replayed; where it is, the new generation says. */
  shard: number
}>

/** Of one step. */
const stepMs = 800

/** Scratches of jobs are named by them. */
function rebuildScratch(jobId: string): string {
  return `rebuild-${jobId}`
}

/**
 * Makes the read model again, in a generation that is named as the job, and switches to it. Services go on with the one that is
 * live until then; they are fenced by the switch. What came meanwhile is caught up with at once, here or by them.
 */
export function rebuildJob(deps: RebuildDeps): JobStep<RebuildSpec> {
  return async ({ id }, _at, signal) => {
    // The step that switched may be done again: the end of the job was not written.
    if (await hasSwitched(deps, id)) return switched(deps, undefined, signal)
    const scratch = await deps.scratches.open(rebuildScratch(id))
    try {
      return await rebuildStep(deps, id, scratch, signal)
    } finally {
      await scratch.close()
    }
  }
}

/** Whether the read model that this job made is the one in use. */
export async function hasSwitched({ store }: Pick<RebuildDeps, 'store'>, jobId: string): Promise<boolean> {
  return (await store.generation()) === jobId
}

/** Removes what a rebuild that did not come to its end has made. */
export async function forgetRebuild(
  { store, scratches }: Pick<RebuildDeps, 'store' | 'scratches'>,
  jobId: string,
): Promise<void> {
  await scratches.remove(rebuildScratch(jobId))
  if (!(await hasSwitched({ store }, jobId))) await dropQuietly(store, jobId)
}

async function dropQuietly(store: Rebuilds, id: string): Promise<void> {
  try {
    await store.dropRebuild(id)
  } catch (error) {
    // It has become the live one.
    if (!hasCode(error, 'REQUEST_INVALID')) throw error
  }
}

async function rebuildStep(deps: RebuildDeps, id: string, scratch: Scratch, signal: AbortSignal) {
  const { log, store, settings, now } = deps
  const text = await scratch.state()
  let state = text === undefined ? begun(await planRebuild({ log, store, topic: settings.topic })) : restored(text)
  const rebuilt = await store.openRebuild(id)
  const until = now() + stepMs
  do state = await piece(deps, { scratch, rebuilt, until }, state, signal)
  while (!isReplayed(state) && now() < until && !signal.aborted)
  const progress = await progressOf(state, rebuilt)
  if (!isReplayed(state)) return { outputs: [], progress, cursor: progress.detail }
  signal.throwIfAborted()
  await refuseGoneSince(log, state.plan)
  await store.switchTo(id)
  return switched(deps, progress, signal)
}

function restored(text: string): RebuildState {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the writer is this file
  return JSON.parse(text) as RebuildState
}

function begun(plan: RebuildPlan): RebuildState {
  return { plan, outputs: { index: 0, offset: 0 }, outputsRead: 0, shard: 0 }
}

function isReplayed({ plan, outputs, shard }: RebuildState): boolean {
  return outputs.index >= plan.outputs.length && shard >= plan.shards.length
}

async function switched(deps: RebuildDeps, progress: JobProgress | undefined, signal: AbortSignal) {
  await catchUpLive(deps, signal)
  const { done = 0, total = 0 } = progress ?? {}
  const detail = 'the read model was made again, and is in use'
  return { outputs: [], progress: { done, total, unit: 'records', detail }, cursor: undefined }
}

type Pieces = Readonly<{ scratch: Scratch; rebuilt: RebuildStore; until: number }>

async function piece(
  deps: RebuildDeps,
  pieces: Pieces,
  state: RebuildState,
  signal: AbortSignal,
): Promise<RebuildState> {
  const source = state.plan.outputs[state.outputs.index]
  const planned = state.plan.shards[state.shard]
  if (source) return outputsPiece(deps, pieces, state)
  if (!planned) return state
  const target = {
    store: pieces.rebuilt,
    payments: (...of: Parameters<Scratch['payments']>) => pieces.scratch.payments(...of),
  }
  const service = replayedServices(deps.settings, { log: deps.log, owner: 'rebuild' }, target)[planned.service]
  let mine = await service.claim(planned.shard)
  while (mine.next < planned.to && deps.now() < pieces.until) mine = await service.piece(mine, planned.to, signal)
  if (mine.next < planned.to) return state
  const after = { ...state, shard: state.shard + 1 }
  await pieces.scratch.advance(JSON.stringify(after))
  return after
}

async function outputsPiece({ log }: RebuildDeps, { scratch }: Pieces, state: RebuildState): Promise<RebuildState> {
  const { index, offset } = state.outputs
  const source = state.plan.outputs[index]
  if (!source) return state
  const { payments, records, next } = await readOutcomes(log, { ...source, offset })
  const isRead = records === 0 || next >= source.end
  const after = {
    ...state,
    outputs: isRead ? { index: index + 1, offset: 0 } : { index, offset: next },
    outputsRead: state.outputsRead + records,
  }
  await scratch.advance(JSON.stringify(after), { payments })
  return after
}

async function progressOf({ plan, outputsRead }: RebuildState, rebuilt: RebuildStore): Promise<JobProgress> {
  const replayed = sumOf((await rebuilt.shards()).map(({ next }) => next))
  const done = outputsRead + replayed
  const total = Math.max(sumOf(plan.outputs.map(({ end }) => end)) + sumOf(plan.shards.map(({ to }) => to)), done)
  return { done, total, unit: 'records', detail: 'replaying the log into a new read model' }
}
