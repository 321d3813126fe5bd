import { useState } from 'react'
import type { DeadLetterDetail } from '../../../src/api/contract.ts'
import { hexDump } from '../bytes.ts'
import { plural } from '../format.ts'
import { BytesFrame } from './bytes-view.tsx'
import { Segmented } from './segmented.tsx'

type Headers = NonNullable<DeadLetterDetail['record']>['headers']

const forms = [
  { value: 'text', label: 'Text' },
  { value: 'hex', label: 'Hex' },
] as const

/** A name may occur more than once, and a value that is no text is shown as hex either way. */
export function HeadersView({ headers }: { headers: Headers }) {
  const [form, setForm] = useState<'text' | 'hex'>('text')
  return (
    <BytesFrame
      name="Headers"
      note={headers.length === 0 ? 'none' : plural(headers.length, 'header')}
      actions={headers.length > 0 && <Segmented label="Headers as" options={forms} value={form} onChange={setForm} />}
    >
      <dl className="headers">
        {headers.map(({ name, value }, index) => (
          <div key={`${index}/${name}`}>
            <dt className="mono muted">{name}</dt>
            <dd className="mono">
              {form === 'text' && value.text !== null ? value.text : <pre>{hexDump(value.base64)}</pre>}
            </dd>
          </div>
        ))}
      </dl>
    </BytesFrame>
  )
}
