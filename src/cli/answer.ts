import { errorCodes, OrdermillError } from '../errors.ts'
import { parseDocument, textAt, type Document } from './document.ts'

export type Answer = Readonly<{ status: number; text: string }>

/**
 * The body of an answer.
 *
 * @throws {OrdermillError} what its problem document says when it is none of success
 */
export function answerOf({ status, text }: Answer): string {
  if (status >= 200 && status < 300) return text
  throw refusalOf({ status, text })
}

/** What an answer that is none of success says. */
export function refusalOf({ status, text }: Answer): OrdermillError {
  const problem = problemIn(text)
  const code = errorCodes.find((known) => known === textAt(problem, 'code'))
  const detail = textAt(problem, 'detail')
  if (code) return new OrdermillError(code, detail)
  return new OrdermillError(
    'SERVER_UNAVAILABLE',
    `the address answered ${status}, and not as a server of Ordermill does: check --url, or a proxy in between`,
  )
}

function problemIn(text: string): Document {
  try {
    return parseDocument(text)
  } catch {
    return {}
  }
}
