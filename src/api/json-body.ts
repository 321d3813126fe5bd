import { textOf } from '../codec/bytes.ts'
import { OrdermillError } from '../errors.ts'
import { parseBody } from './drafts.ts'

type Done = (error: Error | null, body?: unknown) => void

/** Request bodies are JSON objects in UTF-8, read by the codec's parser, which refuses `__proto__` and deep nesting. */
export function jsonBody(body: string | Buffer, done: Done): void {
  finish(() => parseBody(utf8Text(body)), done)
}

/** For the route that reads the text itself. */
export function textBody(body: string | Buffer, done: Done): void {
  finish(() => utf8Text(body), done)
}

function finish(read: () => unknown, done: Done): void {
  try {
    done(null, read())
  } catch (error) {
    done(error instanceof Error ? error : new Error('the body can not be read', { cause: error }))
  }
}

function utf8Text(body: string | Buffer): string {
  if (typeof body === 'string') return body
  try {
    return textOf(body)
  } catch (error) {
    throw new OrdermillError('REQUEST_INVALID', 'the body is not UTF-8: send UTF-8 JSON', { cause: error })
  }
}
