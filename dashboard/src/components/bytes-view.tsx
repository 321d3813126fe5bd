import { useState, type ReactNode } from 'react'
import type { Bytes } from '../../../src/api/contract.ts'
import type { LetterIssue } from '../../../src/api/contract/redrive.ts'
import { hexDump, prettyJson } from '../bytes.ts'
import { formatCount, plural } from '../format.ts'
import { Code } from './code.tsx'
import { JsonView } from './json-view.tsx'
import { Segmented } from './segmented.tsx'
import { CopyButton } from './values.tsx'

type Form = 'json' | 'text' | 'hex'

/** Bytes of a record as JSON, text or hex: whichever of them they can be read as. */
export function BytesView(props: { name: string; bytes: Bytes | null; issues?: readonly LetterIssue[] }) {
  const { name, bytes, issues = [] } = props
  const json = bytes && prettyJson(bytes.text)
  const [wanted, setWanted] = useState<Form>('json')
  if (bytes === null) return <BytesFrame name={name} note="null" />
  const options = formsOf(bytes, json)
  const form = options.find(({ value }) => value === wanted) ?? options[0]
  const shown = form.value === 'hex' ? hexDump(bytes.base64) : form.value === 'json' ? json : bytes.text
  return (
    <BytesFrame
      name={name}
      note={`${plural(bytes.bytes, 'byte')}${bytes.truncated ? `, cut off after ${formatCount(1024 * 1024)}` : ''}`}
      actions={
        <>
          <Segmented label={`${name} as`} options={options} value={form.value} onChange={setWanted} />
          <CopyButton text={shown ?? ''} what={name.toLowerCase()} />
        </>
      }
    >
      {form.value === 'json' && issues.length > 0 && json ? (
        <Code label={`${name}, contents`}>
          <JsonView text={json} issues={issues} />
        </Code>
      ) : (
        <Code label={`${name}, contents`}>{shown === '' ? <span className="muted">empty</span> : shown}</Code>
      )}
    </BytesFrame>
  )
}

type Forms = readonly [{ value: Form; label: string }, ...{ value: Form; label: string }[]]

function formsOf({ text }: Bytes, json: string | null | undefined): Forms {
  const hex = { value: 'hex', label: 'Hex' } as const
  const plain = { value: 'text', label: 'Text' } as const
  if (text === null) return [hex]
  return json === undefined || json === null ? [plain, hex] : [{ value: 'json', label: 'JSON' }, plain, hex]
}

export function BytesFrame(props: { name: string; note: string; actions?: ReactNode; children?: ReactNode }) {
  const { name, note, actions, children } = props
  return (
    <section className="bytes" aria-label={name}>
      <header className="bytes-head">
        <h3>{name}</h3>
        <span className="muted num">{note}</span>
        {actions && <div className="panel-actions">{actions}</div>}
      </header>
      {children}
    </section>
  )
}
