import { textOf } from '../../codec/bytes.ts'
import { importsTopic } from '../../compose/topics.ts'
import { untilCounted } from '../counted.ts'
import { listAt, parseDocument, textAt, type Document } from '../document.ts'
import type { HttpApi } from '../http-api.ts'
import { postOrders } from '../post-orders.ts'
import { inputTopicOf, serverCounting } from '../server-counting.ts'
import type { Chunk } from './chunks.ts'
import { inFlight } from './in-flight.ts'
import { findProgress, type BrowseImports, type ImportId } from './progress.ts'
import type { ImportTarget } from './target.ts'

/** What a server takes in one request, with room for the separators. */
const limits = { entriesMax: 1_000, bytesMax: 2 * 1024 * 1024 }
const requestsMax = 4

/**
 * Sends to a running server. Chunks are cut in the same places every time and carry a key made of the content and the
 * line, so a server appends none of them twice.
 */
export async function openServerTarget(api: HttpApi, signal: AbortSignal): Promise<ImportTarget> {
  const topic = await inputTopicOf(api.get)
  const topics = listAt(parseDocument(await api.get('/api/v1/topics')), 'items')
  const byName = (name: string) => topics.find((known) => textAt(known, 'name') === name)
  const requests = inFlight(requestsMax)
  return {
    topicId: textAt(byName(topic) ?? {}, 'id'),
    async open(id) {
      return {
        start: await findProgress(browseImports(api, byName(importsTopic)), id),
        limits,
        async write(chunk) {
          if (chunk.orders.length > 0) await requests.add(() => send(api, id, chunk, signal))
        },
        flush: requests.settled,
        complete: () => Promise.resolve(),
      }
    },
    async untilCounted(until) {
      await untilCounted(serverCounting(api.get, topic), until)
      return true
    },
    finish: () => Promise.resolve({ pendingPayments: 0 }),
    [Symbol.asyncDispose]: () => Promise.resolve(),
  }
}

async function send(api: HttpApi, { sha256 }: ImportId, { line, orders }: Chunk, signal: AbortSignal): Promise<void> {
  const body = `{"orders":[${orders.map(({ json }) => textOf(json)).join(',')}]}`
  await postOrders(api, { body, idempotencyKey: `import-${sha256}-${line}` }, signal)
}

function browseImports(api: HttpApi, topic: Document | undefined): BrowseImports {
  const [partition = {}] = topic ? listAt(topic, 'partitions') : []
  return {
    begin: Number(textAt(partition, 'begin')),
    end: Number(textAt(partition, 'end')),
    async read(offset, limit) {
      const query = `partition=0&offset=${offset}&limit=${limit}`
      const page = parseDocument(await api.get(`/api/v1/topics/${importsTopic}/records?${query}`))
      const items = listAt(page, 'items')
      const records = items.map((item) => ({ key: textAt(item, 'key.text'), value: textAt(item, 'value.text') }))
      return { records, next: Number(textAt(page, 'next_offset')) }
    },
  }
}
