import { useCallback, useId, useRef, useState, type ReactNode } from 'react'
import { Icon } from './icon.tsx'
import { useDismiss } from './use-dismiss.ts'

/** A filter that is off or says what it filters by; opens a small form, or a list of choices. */
function FilterPill(props: {
  label: string
  value: string | undefined
  onClear: () => void
  children: (close: () => void) => ReactNode
}) {
  const { label, value, onClear, children } = props
  const [open, setOpen] = useState(false)
  const root = useRef<HTMLDivElement>(null)
  const panelId = useId()
  const close = useCallback(() => setOpen(false), [])
  useDismiss(root, { open, first: '.pill-panel :is(input, button)', close })
  return (
    <div className="pill-place" ref={root}>
      <span className="pill" data-active={value !== undefined}>
        <button
          type="button"
          aria-expanded={open}
          aria-controls={open ? panelId : undefined}
          onClick={() => setOpen(!open)}
        >
          {value === undefined && <Icon name="plus" />}
          {label}
          {value !== undefined && <span className="pill-value truncate">{value}</span>}
        </button>
        {value !== undefined && (
          <button type="button" className="pill-clear" aria-label={`Remove the filter ${label}`} onClick={onClear}>
            <Icon name="close" />
          </button>
        )}
      </span>
      {open && (
        <fieldset className="pill-panel" id={panelId} aria-label={`Filter by ${label.toLowerCase()}`}>
          {children(close)}
        </fieldset>
      )}
    </div>
  )
}

export type Choice = Readonly<{ value: string; label: ReactNode; note?: string }>

export function ChoicePill(props: {
  label: string
  value: string | undefined
  shown?: string | undefined
  choices: readonly Choice[]
  onChange: (value: string | undefined) => void
}) {
  const { label, value, shown = value, choices, onChange } = props
  return (
    <FilterPill label={label} value={shown} onClear={() => onChange(undefined)}>
      {(close) => (
        <ul className="choices">
          {choices.length === 0 && <li className="muted">None seen yet</li>}
          {choices.map((choice) => (
            <li key={choice.value}>
              <button
                type="button"
                aria-pressed={choice.value === value}
                onClick={() => {
                  onChange(choice.value)
                  close()
                }}
              >
                <span>{choice.label}</span>
                {choice.note && <span className="muted num">{choice.note}</span>}
              </button>
            </li>
          ))}
        </ul>
      )}
    </FilterPill>
  )
}

export type Field = Readonly<{
  name: string
  label: string
  type: 'number' | 'datetime-local'
  value: string
  step?: string
}>

/** A few fields that are applied together; an empty one doesn't filter. */
export function FieldsPill(props: {
  label: string
  shown: string | undefined
  fields: readonly Field[]
  onChange: (values: Readonly<Record<string, string | undefined>>) => void
}) {
  const { label, shown, fields, onChange } = props
  const clear = () => onChange(Object.fromEntries(fields.map(({ name }) => [name, undefined])))
  return (
    <FilterPill label={label} value={shown} onClear={clear}>
      {(close) => (
        <form
          className="fields"
          onSubmit={(event) => {
            event.preventDefault()
            onChange(valuesOf(event.currentTarget))
            close()
          }}
        >
          {fields.map(({ name, label: fieldLabel, type, value, step }) => (
            <label key={name}>
              <span className="muted">{fieldLabel}</span>
              <input name={name} type={type} defaultValue={value} step={step} min={type === 'number' ? 0 : undefined} />
            </label>
          ))}
          <button type="submit" className="button button-primary">
            Apply
          </button>
        </form>
      )}
    </FilterPill>
  )
}

function valuesOf(form: HTMLFormElement): Record<string, string | undefined> {
  const values: Record<string, string | undefined> = {}
  for (const [name, value] of new FormData(form))
    values[name] = typeof value === 'string' && value !== '' ? value : undefined
  return values
}
