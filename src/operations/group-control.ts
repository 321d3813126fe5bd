import { randomUUID } from 'node:crypto'
import { operationsGroup, orderGroups, viewsGroup } from '../codec/groups.ts'
import { encodeOperation, type OperationOf } from '../codec/operation-codec.ts'
import { outcomesTopic, paymentsTopic } from '../codec/payment-codec.ts'
import { OrdermillError } from '../errors.ts'
import type { Log } from '../ports/log.ts'
import type { OrderQueries } from '../ports/order-queries.ts'
import { planSeek, type SeekMove, type SeekRequest } from './group-seek.ts'
import type { OperationsLog } from './operations-log.ts'
import { refuseSkippedPayments } from './payment-seek.ts'
import { seekEffects } from './seek-effects.ts'
import { placesText } from './seeks-forward.ts'

type PauseDeps = Readonly<{
  log: Pick<Log, 'append' | 'groups'>
  operations: OperationsLog
  clock: () => number
}>

export type GroupControlDeps = PauseDeps &
  Readonly<{
    log: Pick<Log, 'lag' | 'members' | 'offsetAt' | 'seek' | 'topics'>
    store: Pick<OrderQueries, 'shards'>
  }>

export type SeekPlan = Readonly<{ moves: readonly SeekMove[]; effects: readonly string[] }>

/** Those whose services look for a pause. */
const pausableGroups: readonly string[] = [...Object.values(orderGroups), viewsGroup]

/**
 * Pauses or resumes a group, wherever its services run: they follow within a second or two, after the batch in flight.
 * Asked for what is so already, it changes nothing.
 *
 * @throws {OrdermillError} NOT_FOUND, REQUEST_INVALID for a group that can't be paused
 */
export async function setPaused(
  deps: PauseDeps,
  { group, paused, principal }: Readonly<{ group: string; paused: boolean; principal: string }>,
): Promise<void> {
  await refuseUncontrolled(deps, group)
  const { pausedGroups } = await deps.operations.state()
  if (pausedGroups.has(group) === paused) return
  const [from, to] = paused ? ['running', 'paused'] : ['paused', 'running']
  await record(deps, { principal, action: paused ? 'pause' : 'resume', target: group, from, to, group })
}

async function refuseUncontrolled(deps: PauseDeps, group: string): Promise<void> {
  refuseOperations(group)
  if (pausableGroups.includes(group)) return
  await refuseUnknown(deps, group)
  throw new OrdermillError(
    'REQUEST_INVALID',
    `${group} is none of ordermill's groups, which can be paused: ${pausableGroups.join(', ')}`,
  )
}

/** A cluster may have groups of others, which are none of ours to move. */
async function refuseUnknown({ log }: PauseDeps, group: string): Promise<void> {
  if ((await log.groups()).includes(group)) return
  throw new OrdermillError('NOT_FOUND', `there is no group ${group}: see ordermill groups`)
}

/** Its offsets are the state of jobs: moved back, it would do again what was done. */
function refuseOperations(group: string): void {
  if (group !== operationsGroup) return
  throw new OrdermillError(
    'REQUEST_INVALID',
    `${group} carries out what operators ask for, and is neither paused nor moved: cancel a job instead`,
  )
}

/** @throws {OrdermillError} NOT_FOUND, REQUEST_INVALID */
export async function previewSeek(deps: GroupControlDeps, request: SeekRequest): Promise<SeekPlan> {
  const { log, clock } = deps
  refuseOperations(request.group)
  await refuseUnknown(deps, request.group)
  const moves = await planSeek(log, request, clock())
  const outcomes = (await log.topics()).filter(({ name }) => name === paymentsTopic || name === outcomesTopic)
  const hasAllOutcomes = outcomes.every(({ partitions }) => partitions.every(({ begin }) => begin === 0))
  return { moves, effects: seekEffects(request.group, moves, hasAllOutcomes) }
}

/**
 * Moves a group, and drops what its members have in flight. It is written down before it is done, and once more when it
 * could not be done.
 *
 * @throws {OrdermillError} NOT_FOUND, REQUEST_INVALID, STATE_CONFLICT for payments that are under way, LOG_UNAVAILABLE when the
 * group does not come to rest
 */
export async function seekGroup(deps: GroupControlDeps, request: SeekRequest, principal: string): Promise<SeekPlan> {
  const plan = await previewSeek(deps, request)
  const { group } = request
  const moved = plan.moves.filter(({ from, to }) => from !== to)
  if (moved.length === 0) return plan
  if (group === orderGroups.payment) await refuseSkippedPayments(deps, moved)
  const [from, to] = [placesText(moved, 'from'), placesText(moved, 'to')]
  await record(deps, { principal, action: 'seek', target: group, from, to })
  try {
    await deps.log.seek(
      group,
      moved.map((move) => ({ topic: move.topic, partition: move.partition, offset: move.to })),
    )
  } catch (error) {
    // An error of another kind may quote what is not for every reader of the log.
    const reason = error instanceof OrdermillError ? `${error.code}: ${error.message}` : 'INTERNAL'
    await record(deps, { principal, action: 'seek', target: group, from, to: `not moved: ${reason}` }).catch(() => {})
    throw error
  }
  return plan
}

type Action = Pick<OperationOf<'action'>, 'principal' | 'action' | 'target' | 'from' | 'to' | 'group'>

async function record({ log, clock }: PauseDeps, action: Action): Promise<void> {
  await log.append([encodeOperation({ kind: 'action', id: randomUUID(), at_ms: clock(), ...action })])
}
