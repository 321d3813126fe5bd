import { OrdermillError } from '../errors.ts'
import type { Log, Slice } from '../ports/log.ts'
import type { PipelineObserver } from '../telemetry/pipeline-observer.ts'
import { advance, type Claim, type Progress, type ShardKey } from '../ports/shards.ts'
import { decodeItems } from './decode.ts'
import type { Apply, Effects, OffsetRange, Service } from './service.ts'

const catchUpBatch = { recordsMax: 2_000, bytesMax: 4 * 1024 * 1024 }
/** Offsets a catch-up handles at a time: payment keeps the outcomes of one window in memory. */
const catchUpWindow = 500_000

export type Claims = Readonly<{
  /** The claim of a slice's shard; taken, and caught up, when the assignment is new. */
  of: (slice: Slice, signal: AbortSignal) => Promise<Claim>
  moved: (slice: Slice, progress: Progress) => void
  /** Forgets a claim, so that the next batch takes it anew. */
  drop: (slice: Slice) => void
}>

type ClaimsOptions<Value, Fact, Answer> = Readonly<{
  service: Service<Value, Fact, Answer>
  effects: Extract<Effects<Fact, Answer>, { kind: 'store' }>
  log: Log
  owner: string
  observer: PipelineObserver
  nextBatchId: (claim: Claim) => string
}>

/** Claims of one member: at most one a partition, each bound to the assignment under which it was taken. */
export function openClaims<Value, Fact, Answer>(options: ClaimsOptions<Value, Fact, Answer>): Claims {
  const held = new Map<string, Readonly<{ assignment: string; claim: Claim }>>()
  return {
    async of(slice, signal) {
      const known = held.get(keyOf(slice))
      if (known?.assignment === slice.assignment) return known.claim
      const claim = await takeClaim(options, slice, signal)
      held.set(keyOf(slice), { assignment: slice.assignment, claim })
      return claim
    },
    moved(slice, progress) {
      const known = held.get(keyOf(slice))
      if (known && progress.next > known.claim.next) {
        held.set(keyOf(slice), { ...known, claim: advance(known.claim, progress) })
      }
    },
    drop(slice) {
      held.delete(keyOf(slice))
    },
  }
}

function keyOf({ topicId, partition }: Slice): string {
  return `${topicId}-${partition}`
}

/**
 * Claims the shard and brings a store that is behind the log up to the group's committed offset, where the slice begins:
 * effects alone, since the outputs of those records are committed.
 */
async function takeClaim<Value, Fact, Answer>(
  options: ClaimsOptions<Value, Fact, Answer>,
  slice: Slice,
  signal: AbortSignal,
): Promise<Claim> {
  const { service, effects, owner } = options
  const { topic, topicId, partition } = slice
  const shard = { group: service.group, topic, topicId, partition }
  let claim = await effects.shards.claim(shard, owner)
  signal.throwIfAborted()
  if (claim.next > slice.end || claim.next < slice.from) await compareWithLog(options, slice, claim)
  while (claim.next < slice.from && !signal.aborted) {
    const range = { from: claim.next, to: Math.min(claim.next + catchUpWindow, slice.from) }
    const apply = effects.openCatchUp ? await effects.openCatchUp(shard, range) : effects.apply
    claim = await catchUp(options, claim, range, apply, signal)
  }
  signal.throwIfAborted()
  return claim
}

/** The slice tells where the log ended when it was cut, and a member that slept may have been overtaken since. */
async function compareWithLog<Value, Fact, Answer>(
  { log, service: { group }, observer }: ClaimsOptions<Value, Fact, Answer>,
  slice: Slice,
  { shard, next }: Claim,
): Promise<void> {
  const topic = (await log.topics()).find(({ id }) => id === shard.topicId)
  const { begin = slice.from, end = slice.end } = topic?.partitions[shard.partition] ?? {}
  if (next > end) throw storeAhead(shard, next, end)
  const lost = { from: next, to: Math.min(begin, slice.from) }
  if (lost.to > lost.from) observer.lost({ group, slice: { ...slice, lost }, records: lost.to - lost.from })
}

async function catchUp<Value, Fact, Answer>(
  { service, log, nextBatchId }: ClaimsOptions<Value, Fact, Answer>,
  start: Claim,
  { to }: OffsetRange,
  apply: Apply<Fact, Answer>,
  signal: AbortSignal,
): Promise<Claim> {
  let claim = start
  while (claim.next < to) {
    claim = await catchUpPiece({ service, log, apply }, claim, { to, batchId: nextBatchId(claim) }, signal)
  }
  return claim
}

type CatchUp<Value, Fact, Answer> = Readonly<{
  service: Pick<Service<Value, Fact, Answer>, 'decode' | 'decide'>
  log: Pick<Log, 'read'>
  apply: Apply<Fact, Answer>
}>

/**
 * One bounded piece: the effects of records from `claim.next` on, of none at or behind `to`. Their outputs are committed, or
 * nobody's business.
 *
 * @throws {OrdermillError} LOG_UNAVAILABLE while a transaction is open, and what the store rejects with
 */
export async function catchUpPiece<Value, Fact, Answer>(
  { service, log, apply }: CatchUp<Value, Fact, Answer>,
  claim: Claim,
  { to, batchId }: Readonly<{ to: number; batchId: string }>,
  signal: AbortSignal,
): Promise<Claim> {
  signal.throwIfAborted()
  const { topic, partition } = claim.shard
  const { records, next, isBlocked } = await log.read({ topic, partition, offset: claim.next, ...catchUpBatch })
  if (isBlocked) throw blocked(topic, partition, claim.next)
  // Retention, or gaps at the end of what is readable, can leave nothing to read before `to`.
  const offset = records.length === 0 ? to : Math.min(next, to)
  const facts = service.decide(
    decodeItems(
      records.filter((record) => record.offset < to),
      service.decode,
    ),
  )
  const progress = { from: offset, next: offset, batchId }
  await apply(claim, facts, progress, signal)
  return advance(claim, progress)
}

/** The same claim is tried again: what is committed will be readable once the transaction of a dead process has timed out. */
export function blocked(topic: string, partition: number, offset: number): OrdermillError {
  return new OrdermillError(
    'LOG_UNAVAILABLE',
    `${topic}-${partition} can't be read from ${offset} on until a transaction has ended`,
  )
}

function storeAhead({ group, topic, partition }: ShardKey, next: number, end: number): OrdermillError {
  return new OrdermillError(
    'STORE_AHEAD',
    `${group}: the store has applied ${topic}-${partition} up to ${next}, but the log ends at ${end}: ` +
      'one of them was replaced; restore the log that belongs to this store, or start with an empty store',
  )
}
