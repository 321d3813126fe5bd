import { viewsGroup } from '../codec/groups.ts'
import type { CheckSpec, Difference, JobProgress } from '../codec/operation-codec.ts'
import type { Scratch } from '../ports/scratch.ts'
import { comparePass, passesOf } from './check-passes.ts'
import { firstOfLetters, lettersPiece } from './check-letters.ts'
import { planCheck, refuseGoneSince, type CheckPlan } from './check-plan.ts'
import { replayTo } from './check-replay.ts'
import type { CheckDeps, CheckState, Phase, PieceDeps } from './check-state.ts'
import { compareTotals } from './check-totals.ts'
import { firstOfSeries, seriesPiece } from './check-series.ts'
import { readOutcomes } from './replay.ts'
import { sumOf } from './equations.ts'

/** Differences that are kept by name; the count is exact all the same. */
const differencesKeptMax = 10_000

/** Of one step. */
const stepMs = 800
const viewsPauseMs = 200

export type CheckStep = Readonly<{ progress: JobProgress; isDone: boolean; differences: readonly Difference[] }>

/**
 * One bounded piece of a check: services run again into a scratch of that name, from the log's beginning to where the store
 * was when it began, then both are compared order by order. It goes on where the scratch is, and begins when there is none.
 *
 * @throws {OrdermillError} BEGINNING_GONE, and what log and stores reject with
 */
export async function checkStep(
  deps: CheckDeps,
  { name, spec }: Readonly<{ name: string; spec: CheckSpec }>,
  signal: AbortSignal,
): Promise<CheckStep> {
  const { log, settings, store, now } = deps
  const scratch = await deps.scratches.open(name)
  try {
    const text = await scratch.state()
    let state =
      text === undefined ? begun(await planCheck({ log, store, topic: settings.topic }, spec)) : restored(text)
    const until = now() + stepMs
    while (state.phase.kind !== 'done' && now() < until && !signal.aborted) {
      state = await piece({ ...deps, scratch, until }, state, signal)
    }
    return await stepOf(scratch, state)
  } finally {
    await scratch.close()
  }
}

function restored(text: string): CheckState {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the writer is this file
  return JSON.parse(text) as CheckState
}

function begun(plan: CheckPlan): CheckState {
  return {
    plan,
    phase: { kind: 'outputs', index: 0, offset: 0 },
    outputsRead: 0,
    compared: 0,
    differences: 0,
    interleaved: 0,
  }
}

async function piece(deps: PieceDeps, state: CheckState, signal: AbortSignal): Promise<CheckState> {
  const { phase } = state
  switch (phase.kind) {
    case 'outputs':
      return outputsPiece(deps, state, phase)
    case 'replay':
      return replayPiece(deps, state, phase.index, signal)
    case 'views':
      return viewsPiece(deps, state)
    case 'compare':
      return comparePiece(deps, state, phase)
    case 'totals':
      return keep(deps, state, afterTotals(state.plan), await compareTotals(deps, state))
    case 'series': {
      const compared = await seriesPiece(deps, phase, signal)
      if (compared === 'end') return moved(deps.scratch, state, afterSeries(state.plan))
      return keep(deps, state, compared.phase, compared.differences)
    }
    case 'letters': {
      const compared = await lettersPiece(deps, state.plan, phase, signal)
      return keep(deps, state, compared.phase, compared.differences)
    }
    case 'done':
      return state
    default:
      return phase satisfies never
  }
}

async function outputsPiece(
  { log, scratch }: PieceDeps,
  state: CheckState,
  { index, offset }: Extract<Phase, { kind: 'outputs' }>,
): Promise<CheckState> {
  const source = state.plan.outputs[index]
  if (!source) return moved(scratch, state, { kind: 'replay', index: 0 })
  const { payments, records, next } = await readOutcomes(log, { ...source, offset })
  const isRead = records === 0 || next >= source.end
  const phase = isRead
    ? ({ kind: 'outputs', index: index + 1, offset: 0 } as const)
    : ({ kind: 'outputs', index, offset: next } as const)
  const after = { ...state, phase, outputsRead: state.outputsRead + records }
  await scratch.advance(JSON.stringify(after), { payments })
  return after
}

async function replayPiece(
  deps: PieceDeps,
  state: CheckState,
  index: number,
  signal: AbortSignal,
): Promise<CheckState> {
  const planned = state.plan.shards[index]
  if (!planned) {
    await refuseGoneSince(deps.log, state.plan)
    return moved(deps.scratch, state, { kind: 'views' })
  }
  const isThere = await replayTo(deps, planned, signal)
  return isThere ? moved(deps.scratch, state, { kind: 'replay', index: index + 1 }) : state
}

/** What fraud decided is looked for in the views, which come behind. */
async function viewsPiece({ log, scratch, pause }: PieceDeps, state: CheckState): Promise<CheckState> {
  const { viewsUntil } = state.plan
  const lags = viewsUntil.length === 0 ? [] : await log.lag(viewsGroup)
  const isThere = lags.every(({ topic, partition, committed, nextTimestampMs }) => {
    const { end = 0 } = viewsUntil.find((one) => one.topic === topic && one.partition === partition) ?? {}
    return nextTimestampMs === null || (committed ?? 0) >= end
  })
  if (isThere) return moved(scratch, state, { kind: 'compare', pass: 0, cursor: null })
  await pause(viewsPauseMs)
  return state
}

async function comparePiece(
  deps: PieceDeps,
  state: CheckState,
  { pass, cursor }: Extract<Phase, { kind: 'compare' }>,
): Promise<CheckState> {
  const walk = passesOf(state.plan)[pass]
  if (!walk) return moved(deps.scratch, state, { kind: 'totals' })
  const { items, differences, interleaved, nextCursor } = await comparePass(deps, state.plan, walk, cursor)
  const after = { ...state, compared: state.compared + items, interleaved: state.interleaved + interleaved }
  const next = nextCursor === null ? { pass: pass + 1, cursor: null } : { pass, cursor: nextCursor }
  return keep(deps, after, { kind: 'compare', ...next }, differences)
}

/** From then on the scratch has read more than was planned. */
function afterTotals(plan: CheckPlan): Phase {
  return plan.comparesSeries ? firstOfSeries : afterSeries(plan)
}

function afterSeries({ comparesLetters }: CheckPlan): Phase {
  return comparesLetters ? firstOfLetters : { kind: 'done' }
}

async function moved(scratch: Scratch, state: CheckState, phase: Phase): Promise<CheckState> {
  const after = { ...state, phase }
  await scratch.advance(JSON.stringify(after))
  return after
}

async function keep(
  { scratch }: PieceDeps,
  state: CheckState,
  phase: Phase,
  found: readonly Difference[],
): Promise<CheckState> {
  const notes = found
    .map((difference, index) => ({ number: state.differences + index, text: JSON.stringify(difference) }))
    .filter(({ number }) => number < differencesKeptMax)
  const after = { ...state, phase, differences: state.differences + found.length }
  await scratch.advance(JSON.stringify(after), { notes })
  return after
}

async function stepOf(scratch: Scratch, state: CheckState): Promise<CheckStep> {
  const isDone = state.phase.kind === 'done'
  const replayed = sumOf((await scratch.store.shards()).map(({ next }) => next))
  const records = sumOf(state.plan.shards.map(({ to }) => to))
  const outputs = sumOf(state.plan.outputs.map(({ end }) => end))
  const { differences } = state
  if (!isDone) {
    const done = state.outputsRead + replayed + state.compared
    // Each order is looked at from both sides, its payment too.
    const total = Math.max(outputs + records * 3, done)
    return { progress: { done, total, unit: 'records', detail: detailOf(state), differences }, isDone, differences: [] }
  }
  const notes = await scratch.notes(Math.min(differences, differencesKeptMax))
  const detail = `${records} records replayed, ${state.compared} comparisons, ${differences} differences`
  return {
    progress: { done: records, total: records, unit: 'records', detail, differences },
    isDone,
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the writer is this file
    differences: notes.map((note) => JSON.parse(note) as Difference),
  }
}

function detailOf({ phase }: CheckState): string {
  switch (phase.kind) {
    case 'outputs':
      return 'reading what was paid'
    case 'replay':
      return 'replaying the log'
    case 'views':
      return 'waiting for the views'
    case 'compare':
      return 'comparing with the store'
    case 'totals':
      return 'comparing the totals'
    case 'series':
      return 'comparing the series'
    case 'letters':
      return 'comparing the dead letters'
    case 'done':
      return 'done'
    default:
      return phase satisfies never
  }
}
