import type { RedriveSpec } from '../codec/operation-codec.ts'
import { OrdermillError } from '../errors.ts'
import type { OrderQueries } from '../ports/order-queries.ts'
import { requestIdOf, requestJob, type JobsDeps } from './jobs.ts'
import type { Job } from './operations-state.ts'
import { activeRedrive, jobActive } from './redrive.ts'
import { standingOf, type RedriveRules } from './redrivable.ts'
import { selectionOf } from './redrive-selection.ts'
import { beginningOf, isExhausted, selectLetters, type Place } from './select-letters.ts'

export type RedriveRequestDeps = JobsDeps &
  Readonly<{ store: Pick<OrderQueries, 'searchDeadLetters' | 'findDeadLetter'>; redrive: RedriveRules }>

export type RedriveRequest = Readonly<{ principal: string; key: string | undefined; spec: RedriveSpec }>

/** More are not counted for the title. */
const titleLettersMax = 1_000
const titlePagesMax = 5

/**
 * Durable when it resolves. One redrive at a time: a second would take letters that the first is about to redrive.
 *
 * @throws {OrdermillError} JOB_ACTIVE, NOT_FOUND when no letter is open and matches, IDEMPOTENCY_KEY_REUSED
 */
export async function requestRedrive(deps: RedriveRequestDeps, request: RedriveRequest): Promise<Job> {
  const { principal, key, spec } = request
  const { jobs } = await deps.operations.state()
  const known = key === undefined ? undefined : jobs.get(requestIdOf(principal, key))
  const active = activeRedrive(jobs)
  if (!known && active) throw jobActive(active)
  return requestJob(deps, { principal, key, spec, title: known?.title ?? (await titleOf(deps, spec)) })
}

async function titleOf({ store, redrive, clock }: RedriveRequestDeps, spec: RedriveSpec): Promise<string> {
  const nowMs = clock()
  const selection = await selectionOf(store, spec, { requestedAtMs: nowMs, nowMs })
  const groups = new Set<string>()
  let letters = 0
  let place: Place = beginningOf(selection)
  for (let pages = 0; pages < titlePagesMax && letters < titleLettersMax && !isExhausted(place); pages += 1) {
    const { selected, next } = await selectLetters(store, selection, place, titleLettersMax - letters)
    for (const one of selected) {
      const standing = standingOf(one, spec, redrive)
      if (standing.kind === 'redrivable') groups.add(standing.letter.group)
    }
    letters += selected.filter(({ letter }) => letter !== undefined).length
    place = next
  }
  if (letters === 0 && isExhausted(place)) throw noLetter(spec)
  return titleText({ letters, groups: [...groups].toSorted(), hasMore: !isExhausted(place) }, spec)
}

type Found = Readonly<{ letters: number; groups: readonly string[]; hasMore: boolean }>

function titleText({ letters, groups, hasMore }: Found, { limit, edit, quarantined }: RedriveSpec): string {
  const many = hasMore ? `more than ${number(letters)}` : number(letters)
  const count = limit < letters || (hasMore && limit <= titleLettersMax) ? `at most ${number(limit)} of ${many}` : many
  const noun = `${edit ? 'edited ' : ''}letter${letters === 1 ? '' : 's'}`
  const to = groups.length === 0 ? '' : ` to ${groups.join(' and ')}`
  return `Redrive ${count} ${noun}${to}${quarantined ? ', quarantined ones too' : ''}`
}

function number(count: number): string {
  return count.toLocaleString('en-US')
}

function noLetter({ ids }: RedriveSpec): OrdermillError {
  const what = ids ? 'no dead letter has one of these ids' : 'no open dead letter matches'
  return new OrdermillError(
    'NOT_FOUND',
    `${what}: GET /api/v1/dead-letters lists them; a letter is listed once views have read it`,
  )
}
