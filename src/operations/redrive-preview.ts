import type { RedriveSpec } from '../codec/operation-codec.ts'
import { encodeRedrive } from '../codec/redrive-codec.ts'
import type { Log, LogRecord } from '../ports/log.ts'
import type { OrderQueries, OrderStory } from '../ports/order-queries.ts'
import { letterJudge, type Judgement, type LetterJudge, type OrderRules } from './judge-letter.ts'
import { readLetters } from './read-letters.ts'
import { contentOf, standingOf, type Redrivable, type RedriveRules } from './redrivable.ts'
import { inOrderOfRefusal, oldestOf, selectionOf } from './redrive-selection.ts'
import { isExhausted, selectLetters, type Place, type Selected } from './select-letters.ts'

export type PreviewDeps = Readonly<{
  log: Pick<Log, 'read'>
  store: Pick<OrderQueries, 'searchDeadLetters' | 'findDeadLetter' | 'findOrder'>
  redrive: RedriveRules
  orders: OrderRules
}>

/** `group` is empty where no letter has the id. */
export type PreviewedLetter = Readonly<{ id: string; group: string; topic: string }> & Judgement

export type Preview = Readonly<{
  letters: readonly PreviewedLetter[]
  /** There are more than were judged. */
  hasMore: boolean
}>

/** Outcomes of letters that are left out. */
export const leftOutOutcomes = {
  quarantined: 'quarantined',
  redriven: 'redriven before',
  other: 'not redrivable',
} as const

const pageMax = 500
/** Pages that are looked at for a rare match. */
const pagesMax = 20
const readBytesMax = 4 * 1024 * 1024
/** Orders whose story is asked for side by side. */
const lookUpsMax = 16

/** What redriving would do now, without changing anything: at most `lettersMax` are judged. */
export async function previewRedrive(deps: PreviewDeps, spec: RedriveSpec, lettersMax: number): Promise<Preview> {
  const { store, orders } = deps
  const nowMs = orders.now()
  const selection = await selectionOf(store, spec, { requestedAtMs: nowMs, nowMs })
  const judge = letterJudge(orders)
  const letters: PreviewedLetter[] = []
  let place: Place = await oldestOf(store, selection)
  let redrivable = 0
  for (let pages = 0; pages < pagesMax && !isExhausted(place); pages += 1) {
    const max = Math.min(pageMax, lettersMax - letters.length, spec.limit - redrivable)
    if (max <= 0) break
    const { selected, next } = await selectLetters(store, selection, place, max)
    const judged = await judgeSelected(deps, judge, selected, spec)
    letters.push(...judged)
    redrivable += judged.filter(isRedriven).length
    place = next
  }
  return { letters, hasMore: !isExhausted(place) && redrivable < spec.limit }
}

/** Whether a previewed letter would be redriven. */
export function isRedriven({ outcome }: Judgement): boolean {
  return !Object.values(leftOutOutcomes).some((leftOut) => leftOut === outcome)
}

async function judgeSelected(
  deps: PreviewDeps,
  judge: LetterJudge,
  selected: readonly Selected[],
  spec: RedriveSpec,
): Promise<readonly PreviewedLetter[]> {
  const redrivable: Redrivable[] = []
  const judged: PreviewedLetter[] = []
  for (const one of selected) {
    const standing = standingOf(one, spec, deps.redrive)
    if (standing.kind === 'redrivable') redrivable.push(standing)
    else judged.push({ id: one.id, group: one.letter?.group ?? '', topic: '', ...leftOut(standing) })
  }
  let left = redrivable.toSorted(inOrderOfRefusal)
  while (left.length > 0) {
    const read = await readLetters(
      deps.log,
      left.map(({ letter }) => letter),
      readBytesMax,
    )
    const now = left.filter(({ letter }) => !read.left.includes(letter))
    judged.push(...(await judgeRead(deps, judge, now, read.records, spec)))
    left = left.filter(({ letter }) => read.left.includes(letter))
  }
  return judged
}

function leftOut(standing: Exclude<ReturnType<typeof standingOf>, Redrivable>): Judgement {
  switch (standing.kind) {
    case 'quarantined':
      return { outcome: leftOutOutcomes.quarantined, detail: 'it came back too often: ask for quarantined ones too' }
    case 'redriven':
      return { outcome: leftOutOutcomes.redriven, detail: '' }
    case 'not-redrivable':
      return { outcome: leftOutOutcomes.other, detail: standing.reason }
    default:
      return standing satisfies never
  }
}

async function judgeRead(
  { store }: PreviewDeps,
  judge: LetterJudge,
  letters: readonly Redrivable[],
  records: ReadonlyMap<string, LogRecord>,
  { edit }: RedriveSpec,
): Promise<readonly PreviewedLetter[]> {
  const judged: PreviewedLetter[] = []
  for (let at = 0; at < letters.length; at += lookUpsMax) {
    const some = letters.slice(at, at + lookUpsMax).map((one) => ({ ...one, ...asRead(one, records, edit) }))
    const stories = await Promise.all(some.map(({ letter, record }) => storiesOf(store, judge, letter.group, record)))
    for (const [index, { letter, topic, record, reason }] of some.entries()) {
      const { id, group } = letter
      const judgement = record
        ? judge.judge(group, record, stories[index] ?? [])
        : { outcome: leftOutOutcomes.other, detail: reason }
      judged.push({ id, group, topic, ...judgement })
    }
  }
  return judged
}

function asRead(
  { letter, topic }: Redrivable,
  records: ReadonlyMap<string, LogRecord>,
  edit: RedriveSpec['edit'],
): Readonly<{ record: LogRecord | undefined; reason: string }> {
  const known = records.get(letter.id)
  const found = contentOf(known, edit)
  if (found.kind === 'not-redrivable' || !known) {
    return { record: undefined, reason: found.kind === 'not-redrivable' ? found.reason : '' }
  }
  const origin = { topic, letterId: letter.id, redriveCount: letter.redriveCount, jobId: 'preview', n: 1 }
  const { headers = [], ...written } = encodeRedrive(found.content, origin)
  // Where nothing is yet: no order knows this position.
  return { record: { ...known, ...written, headers, topicId: 'preview', offset: known.offset }, reason: '' }
}

async function storiesOf(
  store: Pick<OrderQueries, 'findOrder'>,
  judge: LetterJudge,
  group: string,
  record: LogRecord | undefined,
): Promise<readonly OrderStory[]> {
  const orderId = record && judge.orderIdOf(group, record)
  return orderId === undefined ? [] : store.findOrder(orderId)
}
