import { decodeIssues } from '../../codec/letter-issues.ts'
import { hasCode, OrdermillError } from '../../errors.ts'
import type { Log, LogRecord } from '../../ports/log.ts'
import type { StoredDeadLetter } from '../../ports/order-queries.ts'
import { problems, type App } from '../app.ts'
import { bytesView } from '../bytes-view.ts'
import {
  deadLetterDetail,
  deadLetterPage,
  deadLetterParams,
  deadLettersQuery,
  type DeadLetterDetail,
} from '../contract.ts'
import type { ServerDeps } from '../deps.ts'
import { letterQueryOf } from '../query.ts'
import { deadLetterView, pageView } from '../views.ts'

/** One letter is handed out whatever its size; this only stops the log from reading on. */
const letterBytesMax = 1024 * 1024

export function deadLetterRoutes(
  app: App,
  { store, log, settings }: Pick<ServerDeps, 'store' | 'log' | 'settings'>,
): void {
  const view = (letter: StoredDeadLetter) => deadLetterView(letter, settings.redrivesMax)
  const list = {
    operationId: 'listDeadLetters',
    summary: 'Records that a group refused, newest first',
    tags: ['dead letters'],
    querystring: deadLettersQuery,
    response: { 200: deadLetterPage, ...problems },
  }
  app.get('/api/v1/dead-letters', { schema: list, config: { access: 'viewer' } }, async ({ query }) => {
    return pageView(await store.searchDeadLetters(letterQueryOf(query)), view)
  })

  const find = {
    operationId: 'getDeadLetter',
    summary: 'One dead letter with its key, value and headers',
    tags: ['dead letters'],
    params: deadLetterParams,
    response: { 200: deadLetterDetail, ...problems },
  }
  app.get('/api/v1/dead-letters/:id', { schema: find, config: { access: 'viewer' } }, async ({ params }) => {
    const stored = await store.findDeadLetter(params.id)
    if (!stored) throw new OrdermillError('NOT_FOUND', 'there is no dead letter with this id: take one from the list')
    const record = await readLetter(log, stored)
    return { ...view(stored), issues: record ? [...decodeIssues(record)] : [], record: recordView(record) }
  })
}

async function readLetter(log: Pick<Log, 'read'>, { letter }: StoredDeadLetter): Promise<LogRecord | undefined> {
  try {
    const { records } = await log.read({ ...letter, recordsMax: 1, bytesMax: letterBytesMax })
    return records.find(({ offset }) => offset === letter.offset)
  } catch (error) {
    // Its topic was deleted, the view of it was not.
    if (hasCode(error, 'TOPIC_UNKNOWN')) return undefined
    throw error
  }
}

function recordView(record: LogRecord | undefined): DeadLetterDetail['record'] {
  if (!record) return null
  const { key, value, headers } = record
  return {
    key: key && bytesView(key),
    value: value && bytesView(value),
    headers: headers.map(([name, bytes]) => ({ name, value: bytesView(bytes) })),
  }
}
