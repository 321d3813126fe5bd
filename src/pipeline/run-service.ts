import { hasCode, type OrdermillError } from '../errors.ts'
import type { Batch, Log, NewRecord, Slice } from '../ports/log.ts'
import type { Claim } from '../ports/shards.ts'
import { encodeDeadLetter } from '../codec/dead-letter-codec.ts'
import type { PipelineObserver } from '../telemetry/pipeline-observer.ts'
import { openClaims, type Claims } from './claims.ts'
import { decodeItems } from './decode.ts'
import { positionOf, type Item, type Service } from './service.ts'

export type PipelineOptions = Readonly<{
  log: Log
  now: () => number
  /** Names this process in the store's shards; unique a process. */
  owner: string
  batch: Readonly<{ recordsMax: number; bytesMax: number }>
  observer: PipelineObserver
}>

type Run<Value, Fact, Answer> = PipelineOptions &
  Readonly<{ service: Service<Value, Fact, Answer>; claims: Claims | undefined; nextBatchId: (claim: Claim) => string }>

/**
 * Runs one service as a member of its group until `signal` aborts: decode, apply, dead-letter, emit; the log commits
 * outputs, dead letters and offsets together. Resolves when the batch in flight is done.
 *
 * @throws {OrdermillError} STORE_AHEAD, or another error that no retry can mend
 */
export async function runService<Value, Fact, Answer>(
  service: Service<Value, Fact, Answer>,
  options: PipelineOptions,
  signal: AbortSignal,
): Promise<void> {
  const { log, batch } = options
  const { group, topics, effects } = service
  let batches = 0
  // Batch ids are compared within one shard, where an epoch belongs to one claim: no restart can repeat an id.
  const nextBatchId = ({ epoch }: Claim): string => `${epoch}/${(batches += 1)}`
  const claims = effects.kind === 'store' ? openClaims({ ...options, service, effects, nextBatchId }) : undefined
  const run = { ...options, service, claims, nextBatchId }
  await log.transform({ group, topics, ...batch }, (next) => step(run, next), signal)
}

async function step<Value, Fact, Answer>(run: Run<Value, Fact, Answer>, batch: Batch): Promise<readonly NewRecord[]> {
  const { service, observer, now } = run
  const { name, group } = service
  const startedMs = now()
  if (batch.attempt === 1) reportLost(run, batch)
  try {
    const outputs = await handleSlices(run, batch)
    const last = batch.slices.findLast(({ records }) => records.length > 0)?.records.at(-1)
    if (last && service.summarise) outputs.push(await service.summarise(positionOf(last)))
    const records = batch.slices.reduce((sum, slice) => sum + slice.records.length, 0)
    observer.committing({ service: name, group, records, outputs: outputs.length, seconds: (now() - startedMs) / 1000 })
    return outputs
  } catch (error) {
    // Its partitions are somebody else's now: nothing has failed.
    if (!batch.signal.aborted) observer.failed({ service: name, group, attempt: batch.attempt, error })
    throw error
  }
}

function reportLost<Value, Fact, Answer>({ service, observer }: Run<Value, Fact, Answer>, { slices }: Batch): void {
  for (const slice of slices) {
    const { lost } = slice
    if (lost) observer.lost({ group: service.group, slice, records: lost.to - lost.from })
  }
}

/** All partitions are caught up before a record of any is handled: its order may be known from another one. */
async function handleSlices<Value, Fact, Answer>(run: Run<Value, Fact, Answer>, batch: Batch): Promise<NewRecord[]> {
  const { claims } = run
  const claimed = await allOf(
    batch.slices.map(async (slice) => ({ slice, claim: await claims?.of(slice, batch.signal) })),
  )
  const outputs = await allOf(claimed.map(({ slice, claim }) => handleSlice(run, slice, claim, batch)))
  return outputs.flat()
}

/** All of them end before the first failure is thrown, so that nothing of a failed batch goes on behind its back. */
async function allOf<Result>(running: readonly Promise<Result>[]): Promise<readonly Result[]> {
  const results = await Promise.allSettled(running)
  return results.map((result) => {
    if (result.status === 'rejected') throw result.reason
    return result.value
  })
}

async function handleSlice<Value, Fact, Answer>(
  run: Run<Value, Fact, Answer>,
  slice: Slice,
  claim: Claim | undefined,
  batch: Batch,
): Promise<readonly NewRecord[]> {
  const { service } = run
  // The group's offsets were lost or set back, and the store knows better what is committed.
  const records = claim ? slice.records.filter(({ offset }) => offset >= claim.from) : slice.records
  const items = decodeItems(records, service.decode)
  const answers = await answer(run, slice, claim, service.decide(items), batch.signal)
  return [...service.emit(items, answers), ...deadLetters(run, items, answers, batch.attempt)]
}

async function answer<Value, Fact, Answer>(
  run: Run<Value, Fact, Answer>,
  slice: Slice,
  claim: Claim | undefined,
  facts: readonly Fact[],
  signal: AbortSignal,
): Promise<readonly Answer[]> {
  const { effects } = run.service
  if (effects.kind === 'none' || !claim) return effects.kind === 'none' ? effects.answer(facts) : []
  // The group stands below what the store knows to be committed: nothing of this slice is new.
  if (slice.next <= claim.from) return []
  const progress = { from: Math.max(slice.from, claim.from), next: slice.next, batchId: run.nextBatchId(claim) }
  try {
    const answers = await effects.apply(claim, facts, progress, signal)
    run.claims?.moved(slice, progress)
    return answers
  } catch (error) {
    if (hasCode(error, 'FENCED')) run.claims?.drop(slice)
    throw error
  }
}

function deadLetters<Value, Fact, Answer>(
  { service, now, observer }: Run<Value, Fact, Answer>,
  items: readonly Item<Value>[],
  answers: readonly Answer[],
  attempt: number,
): readonly NewRecord[] {
  const letters: NewRecord[] = []
  for (const [index, item] of items.entries()) {
    const refused = refusalOf(service, item, answers[index])
    if (!refused) continue
    const { record } = item
    observer.refused({ group: service.group, record, error: refused.error })
    const topic = service.deadLetterTopic(record.topic)
    letters.push(encodeDeadLetter(topic, service.group, { record, ...refused, attempt, atMs: now() }))
  }
  return letters
}

function refusalOf<Value, Fact, Answer>(
  service: Service<Value, Fact, Answer>,
  item: Item<Value>,
  given: Answer | undefined,
): Readonly<{ error: OrdermillError; stage: 'decode' | 'apply' }> | undefined {
  if (item.kind === 'refused') return { error: item.error, stage: 'decode' }
  const error = given === undefined ? undefined : service.refusal?.(item, given)
  return error && { error, stage: 'apply' }
}
