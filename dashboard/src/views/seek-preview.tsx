import type { SeekPreview } from '../../../src/api/contract/groups.ts'
import { formatCount, plural } from '../format.ts'

export function SeekPreviewTable({ preview }: { preview: SeekPreview }) {
  const { partitions, skips, repeats, effects } = preview
  return (
    <>
      <p className="preview-summary">
        {plural(skips, 'record')} would never be read, {plural(repeats, 'record')} would be read again.
      </p>
      {effects.length > 0 && (
        <ul className="effects">
          {effects.map((effect) => (
            <li key={effect}>{effect}</li>
          ))}
        </ul>
      )}
      <table className="plain-table" aria-label="What would move">
        <thead>
          <tr>
            <th scope="col">Partition</th>
            <th scope="col" className="end">
              From
            </th>
            <th scope="col" className="end">
              To
            </th>
            <th scope="col" className="end">
              Skips
            </th>
            <th scope="col" className="end">
              Repeats
            </th>
          </tr>
        </thead>
        <tbody>
          {partitions.map(({ topic, partition, ...moved }) => (
            <tr key={`${topic}/${partition}`}>
              <th scope="row" className="mono">
                {topic}/{partition}
              </th>
              <td className="num end">{formatCount(moved.from)}</td>
              <td className="num end">{formatCount(moved.to)}</td>
              <td className="num end">{formatCount(moved.skips)}</td>
              <td className="num end">{formatCount(moved.repeats)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </>
  )
}
