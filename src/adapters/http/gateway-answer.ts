/** An outcome is some twenty bytes. */
const answerBytesMax = 64 * 1024
/** Longer waits would hold up the payments of everybody else. */
const retryAfterMsMax = 30_000
const quotedCharsMax = 200

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
