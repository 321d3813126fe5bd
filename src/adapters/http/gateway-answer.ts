import { unescape } from 'node:querystring'

/** An outcome is some twenty bytes. */
const answerBytesMax = 64 * 1024
/** Longer waits would hold up the payments of everybody else. */
const retryAfterMsMax = 30_000
const quotedCharsMax = 200
/** Shorter parts of a path are words such as `v1` that an answer may well have of its own. */
const segmentCharsMin = 8

/** The body as text, whatever bytes it is of; undefined, and hung up on, when it is too long. */
export async function readBounded(response: Response): Promise<string | undefined> {
  const body: ReadableStream<Uint8Array> | null = response.body
  if (!body) return ''
  const decoder = new TextDecoder()
  let text = ''
  let bytes = 0
  // Leaving the loop cancels the rest.
  for await (const chunk of body) {
    bytes += chunk.byteLength
    if (bytes > answerBytesMax) return undefined
    text += decoder.decode(chunk, { stream: true })
  }
  return text + decoder.decode()
}

/** What an answer may repeat of our request and nobody may read, as it was sent and decoded. One may hold another: the longest first. */
export function secretsOf({ pathname, search }: URL, token: string): readonly string[] {
  const segments = pathname.split('/').filter(({ length }) => length >= segmentCharsMin)
  const values = search
    .slice(1)
    .split('&')
    .map((pair) => pair.slice(pair.indexOf('=') + 1))
  const path = pathname === '/' ? [] : [pathname]
  const sent = [...path, ...segments, ...values]
  const decoded = sent.flatMap((text) => [unescape(text), unescape(text.replaceAll('+', ' '))])
  return [token, ...sent, ...decoded].filter(Boolean).toSorted((a, b) => b.length - a.length)
}

/** The beginning of an answer on one line, without what it may repeat of our request. */
export function answerIn(text: string | undefined, secrets: readonly string[]): string {
  if (text === undefined) return `with more than ${answerBytesMax / 1024} KiB`
  if (text === '') return 'without a body'
  const quoted = secrets.reduce((known, secret) => known.replaceAll(secret, '[secret]'), text)
  return `with ${JSON.stringify(quoted.slice(0, quotedCharsMax).replaceAll(/[\p{C}\s]+/gu, ' '))}`
}

/** Seconds, or a date; undefined for anything else. */
export function retryAfterOf({ headers }: Response, nowMs: number): number | undefined {
  const text = headers.get('retry-after')
  if (text === null) return undefined
  const waitMs = /^\d{1,9}$/.test(text) ? Number(text) * 1000 : Date.parse(text) - nowMs
  return Number.isFinite(waitMs) ? Math.min(Math.max(waitMs, 0), retryAfterMsMax) : undefined
}
