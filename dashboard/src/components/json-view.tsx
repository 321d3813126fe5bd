import { useMemo } from 'react'
import type { LetterIssue } from '../../../src/api/contract/redrive.ts'
import { jsonLines, lineOf } from '../json-lines.ts'

/** Indented JSON, with the lines marked that a reason points to, and the reason beside them. */
export function JsonView({ text, issues }: { text: string; issues: readonly LetterIssue[] }) {
  const lines = useMemo(() => jsonLines(JSON.parse(text)), [text])
  const byLine = Map.groupBy(issues, ({ pointer }) => lineOf(lines, pointer))
  return lines.map((line, index) => {
    const here = byLine.get(index)
    // Lines never change their places: the text is the whole of what is shown.
    return here ? <MarkedLine key={index} text={line.text} issues={here} /> : `${line.text}\n`
  })
}

function MarkedLine({ text, issues }: { text: string; issues: readonly LetterIssue[] }) {
  return (
    <mark className="marked-line">
      {text}
      {issues.map(({ pointer, message }) => (
        <span key={`${pointer} ${message}`} className="marked-why">
          {pointer && <b>{pointer}</b>} {message}
        </span>
      ))}
    </mark>
  )
}
