import type { LogRecord } from '../../ports/log.ts'
import { problems, type App } from '../app.ts'
import { bytesView } from '../bytes-view.ts'
import { recordPage, recordsQuery, topicParams, type TopicRecord } from '../contract.ts'
import type { ServerDeps } from '../deps.ts'
import { isoTime } from '../views.ts'

const defaultLimit = 50
/** Of one answer; a single record that is larger is still handed out. */
const recordsBytesMax = 1024 * 1024

/** Browsing a topic, without a group. */
export function recordRoutes(app: App, { log }: Pick<ServerDeps, 'log'>): void {
  const schema = {
    operationId: 'listRecords',
    summary: 'Records of one partition, in the order of their offsets',
    tags: ['pipeline'],
    params: topicParams,
    querystring: recordsQuery,
    response: { 200: recordPage, ...problems },
  }
  app.get('/api/v1/topics/:topic/records', { schema, config: { access: 'viewer' } }, async ({ params, query }) => {
    const { partition = 0, offset = 0, limit: recordsMax = defaultLimit } = query
    const range = { topic: params.topic, partition, offset, recordsMax, bytesMax: recordsBytesMax }
    const { records, next, isBlocked = false } = await log.read(range)
    return { items: records.map(recordView), next_offset: next, blocked: isBlocked }
  })
}

function recordView({ partition, offset, timestampMs, key, value, headers }: LogRecord): TopicRecord {
  return {
    partition,
    offset,
    logged_at: isoTime(timestampMs),
    key: key && bytesView(key),
    value: value && bytesView(value),
    headers: headers.map(([name, bytes]) => ({ name, value: bytesView(bytes) })),
  }
}
