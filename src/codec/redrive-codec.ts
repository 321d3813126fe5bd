import type { Header, LogRecord, NewRecord } from '../ports/log.ts'
import { bytesOf, eventIdHeader, eventIdHeaders } from './bytes.ts'
import { redriveHeaders } from './dead-letter-codec.ts'

export type RedriveContent = Pick<LogRecord, 'key' | 'value' | 'headers'>

export type Redrive = Readonly<{
  /** The retry topic of the group that refused the record. */
  topic: string
  letterId: string
  /** How often the record was redriven before. */
  redriveCount: number
  jobId: string
  /** Of this letter among all of the job. */
  n: number
}>

/** Key, value and headers as they were before they were refused, with what says where they come from. */
export function encodeRedrive({ key, value, headers }: RedriveContent, redrive: Redrive): NewRecord {
  const { topic, letterId, redriveCount, jobId, n } = redrive
  return {
    topic,
    key,
    value,
    headers: [
      ...ownHeaders(headers),
      ...eventIdHeaders(`redrive/${jobId}/${n}`),
      [redriveHeaders.of, bytesOf(letterId)],
      [redriveHeaders.count, bytesOf(String(redriveCount + 1))],
      [redriveHeaders.job, bytesOf(jobId)],
    ],
  }
}

/**
 * Headers of the record itself: neither why it was refused, nor where a redriven one came from. Nor an operator's decision:
 * on a retry topic it would be taken for one, and whoever sends orders may have written it.
 */
function ownHeaders(headers: readonly Header[]): readonly Header[] {
  return headers.filter(
    ([name]) => name !== eventIdHeader && !/^(?:__dlq\.errors\.|x-redrive-|x-ordermill-)/.test(name),
  )
}
