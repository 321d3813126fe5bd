import { Type } from 'typebox'
import { Check } from 'typebox/value'
import type { Issue } from '../errors.ts'
import type { LogRecord } from '../ports/log.ts'
import { headerText } from './bytes.ts'

/** Where in its value a record is wrong, as JSON in a header of its dead letter. */
export const issuesHeader = '__dlq.errors.issues'

const issuesMax = 20
const issueCharsMax = 300

const issuesShape = Type.Array(Type.Object({ pointer: Type.String(), message: Type.String() }))

/** The first {@link issuesMax}, each of them cut, so that a letter stays small; undefined when there are none. */
export function encodeIssues(issues: readonly Issue[]): string | undefined {
  if (issues.length === 0) return undefined
  return JSON.stringify(issues.slice(0, issuesMax).map(cut))
}

/** None when the letter names none: it is another system's, or older, or was refused as a whole. */
export function decodeIssues(letter: Pick<LogRecord, 'headers'>): readonly Issue[] {
  const issues = parse(headerText(letter, issuesHeader) ?? '')
  return Check(issuesShape, issues) ? issues.slice(0, issuesMax).map(cut) : []
}

function cut({ pointer, message }: Issue): Issue {
  return { pointer: pointer.slice(0, issueCharsMax), message: message.slice(0, issueCharsMax) }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
