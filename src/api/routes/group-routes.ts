import {
  previewSeek,
  seekGroup,
  setPaused,
  type GroupControlDeps,
  type SeekPlan,
} from '../../operations/group-control.ts'
import { invalidSeek, type SeekRequest, type SeekTarget } from '../../operations/group-seek.ts'
import type { LagWatch } from '../../operations/lag-watch.ts'
import { problems, type App } from '../app.ts'
import { groupList } from '../contract.ts'
import { groupAction, groupParams, seekBody, seekPreview, type SeekBody, type SeekPreview } from '../contract/groups.ts'
import { noBody } from '../contract/schema.ts'
import { readGroups, sumLag } from '../groups-view.ts'

type Deps = GroupControlDeps & Readonly<{ lagWatch: LagWatch }>

/** How far the groups are, and what an operator may do about it. */
export function groupRoutes(app: App, deps: Deps): void {
  listRoute(app, deps)
  pauseRoutes(app, deps)
  seekRoutes(app, deps)
}

function listRoute(app: App, { log, lagWatch }: Deps): void {
  const schema = {
    operationId: 'listGroups',
    summary: 'Consumer groups: lag, owners, what is stuck and what is paused',
    tags: ['pipeline'],
    response: { 200: groupList, ...problems },
  }
  app.get('/api/v1/groups', { schema, config: { access: 'viewer' } }, async () => {
    const items = await readGroups(log, lagWatch)
    return { items, ...sumLag(items) }
  })
}

function pauseRoutes(app: App, deps: Deps): void {
  const common = {
    tags: ['operations'],
    params: groupParams,
    body: noBody,
    response: { 200: groupAction, ...problems },
  }
  const pause = {
    ...common,
    operationId: 'pauseGroup',
    summary: 'Lets the group rest, after its batch in flight, until it is resumed; restarts don’t end that',
  }
  app.post(
    '/api/v1/groups/:group/pause',
    { schema: pause, config: { access: 'operator' } },
    async ({ params: { group }, caller: { principal } }) => {
      await setPaused(deps, { group, paused: true, principal })
      return { group, paused: true }
    },
  )

  const resume = { ...common, operationId: 'resumeGroup', summary: 'Lets a paused group go on where it was' }
  app.post(
    '/api/v1/groups/:group/resume',
    { schema: resume, config: { access: 'operator' } },
    async ({ params: { group }, caller: { principal } }) => {
      await setPaused(deps, { group, paused: false, principal })
      return { group, paused: false }
    },
  )
}

function seekRoutes(app: App, deps: Deps): void {
  const common = {
    tags: ['operations'],
    params: groupParams,
    body: seekBody,
    response: { 200: seekPreview, ...problems },
  }
  const preview = {
    ...common,
    operationId: 'previewSeek',
    summary: 'What moving the group would skip or repeat, and what that means',
  }
  app.post(
    '/api/v1/groups/:group/seek/preview',
    { schema: preview, config: { access: 'operator' } },
    async ({ params: { group }, body }) => seekView(group, await previewSeek(deps, requestOf(group, body))),
  )

  const seek = {
    ...common,
    operationId: 'seekGroup',
    summary: 'Moves the group; the answer says what it skips or repeats',
  }
  app.post(
    '/api/v1/groups/:group/seek',
    { schema: seek, config: { access: 'operator' } },
    async ({ params: { group }, body, caller: { principal } }) =>
      seekView(group, await seekGroup(deps, requestOf(group, body), principal)),
  )
}

function requestOf(group: string, body: SeekBody): SeekRequest {
  const { topic, partition } = body
  return {
    group,
    ...(topic === undefined ? {} : { topic }),
    ...(partition === undefined ? {} : { partition }),
    target: targetOf(body),
  }
}

function targetOf({ offset, time, to }: SeekBody): SeekTarget {
  const targets: SeekTarget[] = []
  if (offset !== undefined) targets.push({ kind: 'offset', offset })
  if (time !== undefined) targets.push({ kind: 'time', timestampMs: timeOf(time) })
  if (to !== undefined) targets.push({ kind: to })
  const [target, ...more] = targets
  if (target && more.length === 0) return target
  throw invalidSeek('', 'exactly one of offset, time and to says where')
}

function timeOf(text: string): number {
  const atMs = Date.parse(text)
  if (atMs >= 0) return atMs
  throw invalidSeek('/time', 'must be a time since 1970 with its zone, such as 2026-01-31T09:30:00Z')
}

function seekView(group: string, { moves, effects }: SeekPlan): SeekPreview {
  return {
    group,
    partitions: moves.map((move) => ({ ...move })),
    skips: moves.reduce((sum, { skips }) => sum + skips, 0),
    repeats: moves.reduce((sum, { repeats }) => sum + repeats, 0),
    effects: [...effects],
  }
}
