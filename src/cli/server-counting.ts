import type { Counting, Offsets } from './counted.ts'
import { documentAt, listAt, parseDocument, textAt } from './document.ts'
import type { Reader } from './connection.ts'

type Get = Reader['get']

export function serverCounting(get: Get, topic: string): Counting {
  return { ends: () => endsOf(get, topic), counted: () => countedOf(get, topic) }
}

/** The topic that a server takes its orders from. */
export async function inputTopicOf(get: Get): Promise<string> {
  return textAt(parseDocument(await get('/api/v1/system')), 'input_topic')
}

async function endsOf(get: Get, topic: string): Promise<Offsets> {
  const topics = listAt(parseDocument(await get('/api/v1/topics')), 'items')
  const partitions = topics
    .filter((known) => textAt(known, 'name') === topic)
    .flatMap((known) => listAt(known, 'partitions'))
  return new Map(partitions.map((known) => [Number(textAt(known, 'partition')), Number(textAt(known, 'end'))]))
}

async function countedOf(get: Get, topic: string): Promise<Offsets> {
  const asOf = documentAt(documentAt(parseDocument(await get('/api/v1/totals')), 'as_of'), topic)
  return new Map(Object.keys(asOf).map((partition) => [Number(partition), Number(textAt(asOf, partition))]))
}
