import { deadLetterTopic, redriveHeaders, retryTopic } from '../codec/dead-letter-codec.ts'
import { headerText } from '../codec/bytes.ts'
import { orderGroups, viewsGroup } from '../codec/groups.ts'
import type { RedriveSpec } from '../codec/operation-codec.ts'
import { encodeRedrive } from '../codec/redrive-codec.ts'
import { OrdermillError } from '../errors.ts'
import type { Log, LogRecord, NewRecord } from '../ports/log.ts'
import type { OrderQueries, StoredDeadLetter } from '../ports/order-queries.ts'
import { countLetters } from './count-letters.ts'
import type { OperationsLog } from './operations-log.ts'
import { isEnded, type Job, type OperationsState } from './operations-state.ts'
import { readLetters } from './read-letters.ts'
import { contentOf, standingOf, type NotRedrivable, type Redrivable, type RedriveRules } from './redrivable.ts'
import { cursorText, progressOf, readCursor, withLeftOut, type RedriveCursor } from './redrive-cursor.ts'
import type { JobStep, StepResult } from './run-operations.ts'
import { inOrderOfRefusal, isBehind, letterEnds, oldestOf, selectionOf } from './redrive-selection.ts'
import { isExhausted, selectLetters, type Selected } from './select-letters.ts'
import { haveViewsRead } from './views-read.ts'

export type RedriveDeps = RedriveRules &
  Readonly<{
    log: Pick<Log, 'read' | 'topics' | 'lag'>
    store: Pick<OrderQueries, 'searchDeadLetters' | 'findDeadLetter' | 'viewCounts' | 'shards'>
    operations: OperationsLog
    clock: () => number
  }>

type Asked = Parameters<JobStep<RedriveSpec>>[0]

/** Of one step: what it writes is one transaction. */
const lettersMax = 500
const stepBytesMax = 4 * 1024 * 1024
/** A process that stops waits for a step no longer than this. */
const waitMs = 2_000
/** How often the beginning waits so long for the list of letters, */
const listWaitsMax = 30
/** and the end. */
const waitsMax = 5

/**
 * Redrives letters: each goes to the retry topic of the group that refused it, once. It begins when the list of letters is
 * up to date, so that none is taken that an earlier job redrove, and ends when the list knows what was redriven.
 */
export function redriveStep(deps: RedriveDeps): JobStep<RedriveSpec> {
  return async (job, { cursor, progress }, signal) => {
    const at = readCursor(cursor, job.spec)
    switch (at.phase) {
      case 'list':
        return waitForList(deps, job, at, signal)
      case 'letters':
        return redriveSome(deps, job, at, progress.total)
      case 'marks':
        return waitForMarks(deps, at, signal)
      default:
        return at.phase satisfies never
    }
  }
}

async function waitForList(deps: RedriveDeps, job: Asked, at: RedriveCursor, signal: AbortSignal): Promise<StepResult> {
  refuseSecond(await deps.operations.state(), job.id)
  const topics = Object.values(orderGroups).flatMap((group) => [
    deadLetterTopic(deps.topic, group),
    retryTopic(deps.topic, group),
  ])
  const ends = await letterEnds(deps.log, deps.topic)
  if (await haveViewsRead(deps, topics, { waitMs, signal })) {
    const selection = await selectionOf(deps.store, job.spec, { ...job, nowMs: deps.clock() })
    const total = await countLetters(deps.store, selection)
    const limited = total === null ? null : Math.min(total, job.spec.limit)
    const { ids, page } = await oldestOf(deps.store, selection)
    const { untilMs } = selection
    const from: RedriveCursor = { ...at, phase: 'letters', place: { ids: [...ids], page }, ends, untilMs, waits: 0 }
    return redriveSome(deps, job, from, limited)
  }
  if (at.waits >= listWaitsMax) throw listIsOld()
  const progress = { ...progressOf(at, null), detail: 'waits until the list of letters is up to date' }
  return { outputs: [], progress, cursor: cursorText({ ...at, waits: at.waits + 1 }) }
}

function listIsOld(): OrdermillError {
  const seconds = (listWaitsMax * waitMs) / 1000
  return new OrdermillError(
    'STATE_CONFLICT',
    `the list of letters was not up to date within ${seconds} s, so that some might be redriven twice: see whether ${viewsGroup} ` +
      'is paused or behind (ordermill groups), or move it back to the beginning if it was moved forward, and ask again',
  )
}

/** Two that were asked for at the same moment: the first one does it. */
function refuseSecond({ jobs }: OperationsState, id: string): void {
  const active = activeRedrive(jobs)
  if (active && active.id !== id) throw jobActive(active)
}

/** The redrive that is under way, or waits for its turn. */
export function activeRedrive(jobs: OperationsState['jobs']): Job | undefined {
  return [...jobs.values()].find((job) => job.spec.kind === 'redrive' && !isEnded(job))
}

export function jobActive({ id, title }: Job): OrdermillError {
  return new OrdermillError(
    'JOB_ACTIVE',
    `another redrive is under way, which may take the same letters: wait for job ${id} (${title}), or cancel it`,
  )
}

async function redriveSome(
  deps: RedriveDeps,
  job: Asked,
  at: RedriveCursor,
  total: number | null,
): Promise<StepResult> {
  const { spec } = job
  const max = Math.min(lettersMax, spec.limit - at.redriven)
  const { selected, next } = await selectLetters(deps.store, { ...spec, untilMs: at.untilMs }, at.place, max)
  const known = selected.filter(({ letter }) => !letter || !isBehind(at.ends, letter))
  const { redrivable, leftOut } = standings(known, spec, deps)
  const { records, left } = await readLetters(
    deps.log,
    redrivable.map(({ letter }) => letter),
    stepBytesMax,
  )
  const read = writeLetters(job, at, { redrivable: redrivable.filter(({ letter }) => !left.includes(letter)), records })
  const place = { ...next, ids: [...left.map(({ id }) => id), ...next.ids] }
  const redriven = at.redriven + read.outputs.length
  const isLast = isExhausted(place) || redriven >= spec.limit
  const after: RedriveCursor = {
    ...withLeftOut(at, [...leftOut, ...read.leftOut]),
    redriven,
    place,
    phase: isLast ? 'marks' : 'letters',
  }
  const isDone = isLast && redriven === 0
  const progress = isLast ? finalProgress(after) : progressOf(after, total)
  return { outputs: read.outputs, progress, cursor: isDone ? undefined : cursorText(after) }
}

/** All that there was is done. */
function finalProgress(at: RedriveCursor) {
  return progressOf(at, 0)
}

type LeftOut = NotRedrivable | Readonly<{ kind: 'quarantined' | 'redriven' }>

function standings(selected: readonly Selected[], spec: RedriveSpec, rules: RedriveRules) {
  const redrivable: Redrivable[] = []
  const leftOut: LeftOut[] = []
  for (const one of selected) {
    const standing = standingOf(one, spec, rules)
    if (standing.kind === 'redrivable') redrivable.push(standing)
    else leftOut.push(standing)
  }
  return { redrivable: redrivable.toSorted(inOrderOfRefusal), leftOut }
}

type Read = Readonly<{ redrivable: readonly Redrivable[]; records: ReadonlyMap<string, LogRecord> }>

function writeLetters(
  { id: jobId, spec }: Asked,
  { redriven }: RedriveCursor,
  { redrivable, records }: Read,
): Readonly<{ outputs: readonly NewRecord[]; leftOut: readonly LeftOut[] }> {
  const outputs: NewRecord[] = []
  const leftOut: LeftOut[] = []
  for (const { letter, topic } of redrivable) {
    const record = records.get(letter.id)
    const found = contentOf(record, spec.edit)
    if (found.kind === 'not-redrivable') leftOut.push(found)
    else if (isOfJob(record, jobId)) leftOut.push({ kind: 'redriven' })
    else
      outputs.push(encodeRedrive(found.content, { ...origin(letter), topic, jobId, n: redriven + outputs.length + 1 }))
  }
  return { outputs, leftOut }
}

function origin({ id: letterId, redriveCount }: StoredDeadLetter) {
  return { letterId, redriveCount }
}

/** Refused again already, and logged by a clock that is behind: once more would be without end. */
function isOfJob(record: LogRecord | undefined, jobId: string): boolean {
  return record !== undefined && headerText(record, redriveHeaders.job) === jobId
}

async function waitForMarks(deps: RedriveDeps, at: RedriveCursor, signal: AbortSignal): Promise<StepResult> {
  const topics = Object.values(orderGroups).map((group) => retryTopic(deps.topic, group))
  const progress = finalProgress(at)
  if (await haveViewsRead(deps, topics, { waitMs, signal })) return { outputs: [], progress, cursor: undefined }
  const waits = at.waits + 1
  if (waits < waitsMax) return { outputs: [], progress, cursor: cursorText({ ...at, waits }) }
  const detail = `${progress.detail}; the list of letters does not show it yet, because views are behind`
  return { outputs: [], progress: { ...progress, detail }, cursor: undefined }
}
