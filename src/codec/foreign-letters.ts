import type { LogRecord } from '../ports/log.ts'
import { headerText } from './bytes.ts'
import { wholeOf } from './whole.ts'

/** What the headers of a dead letter say of the record that it is of. */
export type LetterOrigin = Readonly<{
  group: string
  topic: string
  partition: number
  offset: number
  code: string
  message: string
  stage: string
}>

type Letter = Pick<LogRecord, 'headers'>
type Found = { [Member in keyof LetterOrigin]: LetterOrigin[Member] | undefined }

/** Names letters of systems that say no group: those of Kafka Streams. */
const foreignGroup = 'foreign'
const unknownCode = 'UNKNOWN'
const textCharsMax = 2_000

/** What another system's dead letter says; undefined when its headers name no topic, partition and offset. */
export function foreignOrigin(letter: Letter): LetterOrigin | undefined {
  for (const read of [connectOrigin, springOrigin, streamsOrigin]) {
    const { topic, partition, offset, ...found } = read(letter)
    if (!topic || partition === undefined || offset === undefined) continue
    return {
      topic,
      partition,
      offset,
      group: found.group || foreignGroup,
      code: simpleName(found.code) || unknownCode,
      message: (found.message ?? '').slice(0, textCharsMax),
      stage: found.stage ?? '',
    }
  }
  return undefined
}

/** All of them text. @see https://kafka.apache.org/documentation/#connect_errorreporting (KIP-298) */
function connectOrigin(letter: Letter): Found {
  const text = (name: string) => headerText(letter, `__connect.errors.${name}`)
  const task = text('task.id')
  return {
    group: text('connector.name'),
    topic: text('topic'),
    partition: wholeOf(text('partition')),
    offset: wholeOf(text('offset')),
    code: text('exception.class.name'),
    message: text('exception.message'),
    stage: [text('stage'), task && `task ${task}`].filter(Boolean).join(', '),
  }
}

/** Of spring-kafka's DeadLetterPublishingRecoverer: its numbers are binary, and what it threw itself wraps the cause. */
function springOrigin(letter: Letter): Found {
  const text = (name: string) => headerText(letter, `kafka_dlt-${name}`)
  return {
    group: text('original-consumer-group'),
    topic: text('original-topic'),
    partition: bigEndian(letter, 'kafka_dlt-original-partition', 4),
    offset: bigEndian(letter, 'kafka_dlt-original-offset', 8),
    code: text('exception-cause-fqcn') ?? text('exception-fqcn'),
    message: text('exception-message'),
    stage: undefined,
  }
}

/** KIP-1034: all of them text, and the exception may have its message behind its name. */
function streamsOrigin(letter: Letter): Found {
  const text = (name: string) => headerText(letter, `__streams.errors.${name}`)
  return {
    group: undefined,
    topic: text('topic'),
    partition: wholeOf(text('partition')),
    offset: wholeOf(text('offset')),
    code: text('exception'),
    message: text('message'),
    stage: undefined,
  }
}

/** Java's int or long; undefined when it has another size, is negative or beyond 2^53 - 1. */
function bigEndian({ headers }: Letter, name: string, bytes: 4 | 8): number | undefined {
  const value = headers.findLast(([known]) => known === name)?.[1]
  if (value?.length !== bytes) return undefined
  const view = new DataView(value.buffer, value.byteOffset, bytes)
  const number = bytes === 4 ? view.getInt32(0) : Number(view.getBigInt64(0))
  return Number.isSafeInteger(number) && number >= 0 ? number : undefined
}

/** `org.apache.kafka.connect.errors.DataException: …` is shown as `DataException`. */
function simpleName(exception = ''): string {
  const [name = ''] = exception.split(':', 1)
  return (name.trim().split(/[.$]/).at(-1) ?? '').slice(0, textCharsMax)
}
