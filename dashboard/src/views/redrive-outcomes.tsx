import type { RedrivePreview } from '../../../src/api/contract/redrive.ts'
import { formatCount } from '../format.ts'
import { outcomesText } from '../redrive-words.ts'

/** Letters that are shown one by one. */
const lettersShown = 20

/** What each group would make of its letters now, and the first letters one by one. */
export function RedriveOutcomes({ preview: { groups, letters } }: { preview: RedrivePreview }) {
  if (letters.length === 0) return null
  return (
    <>
      {groups.length > 0 && <OutcomeTable groups={groups} />}
      <details className="letters-judged">
        <summary>Letter by letter</summary>
        <ul>
          {letters.slice(0, lettersShown).map(({ id, group, outcome, detail }) => (
            <li key={id}>
              <span className="mono truncate" title={id}>
                {id}
              </span>
              <span>
                {group && `${group}: `}
                {outcome}
                {detail && <span className="muted"> · {detail}</span>}
              </span>
            </li>
          ))}
          {letters.length > lettersShown && (
            <li className="muted">and {formatCount(letters.length - lettersShown)} more</li>
          )}
        </ul>
      </details>
    </>
  )
}

function OutcomeTable({ groups }: Pick<RedrivePreview, 'groups'>) {
  return (
    <table className="plain-table" aria-label="What would come of it">
      <thead>
        <tr>
          <th scope="col">Group</th>
          <th scope="col" className="end">
            Letters
          </th>
          <th scope="col">What would come of them</th>
        </tr>
      </thead>
      <tbody>
        {groups.map(({ group, topic, letters: count, outcomes }) => (
          <tr key={group}>
            <th scope="row">
              {group}
              <span className="mono muted place">{topic}</span>
            </th>
            <td className="num end">{formatCount(count)}</td>
            <td>{outcomesText(outcomes)}</td>
          </tr>
        ))}
      </tbody>
    </table>
  )
}
