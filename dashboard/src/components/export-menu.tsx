import { urlOf, type Query } from '../api/client.ts'
import { Menu } from './menu.tsx'

const formats = [
  { format: 'csv', label: 'CSV', note: 'for a spreadsheet' },
  { format: 'ndjson', label: 'NDJSON', note: 'a JSON object a line' },
] as const

/** The whole list as it is filtered and sorted here, as a file: the browser downloads it as it is read. */
export function ExportMenu({ path, query }: { path: string; query: Query }) {
  return (
    <Menu label="Export">
      {(close) => (
        <ul className="choices">
          {formats.map(({ format, label, note }) => (
            <li key={format}>
              <a href={urlOf(`${path}/export`, { ...query, format })} download onClick={close}>
                <span>{label}</span>
                <span className="muted">{note}</span>
              </a>
            </li>
          ))}
        </ul>
      )}
    </Menu>
  )
}
