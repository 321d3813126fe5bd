import { problems, type App } from '../app.ts'
import { system, topicList } from '../contract.ts'
import type { ServerDeps } from '../deps.ts'
import { topicView } from '../groups-view.ts'
import { isoTime } from '../views.ts'

type Deps = Pick<ServerDeps, 'log' | 'clock'> & Readonly<{ systemInfo: ServerDeps['system'] }>

/** What runs, and how far it is. */
export function systemRoutes(app: App, { log, clock, systemInfo }: Deps): void {
  const topics = {
    operationId: 'listTopics',
    summary: 'Topics with the offsets of their partitions',
    tags: ['pipeline'],
    response: { 200: topicList, ...problems },
  }
  app.get('/api/v1/topics', { schema: topics, config: { access: 'viewer' } }, async () => ({
    items: (await log.topics()).map(topicView),
  }))

  const info = {
    operationId: 'getSystem',
    summary: 'What this system runs on, and the state of its services',
    tags: ['pipeline'],
    response: { 200: system, ...problems },
  }
  app.get('/api/v1/system', { schema: info, config: { access: 'viewer' } }, async () => ({
    ...(await systemInfo()),
    now: isoTime(clock()),
  }))
}
