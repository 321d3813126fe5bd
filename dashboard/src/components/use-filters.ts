import { useCallback, useMemo } from 'react'
import { useSearchParams } from 'wouter'

type Filters<Name extends string> = Readonly<Partial<Record<Name, string>>>

/** The part of the URL that a list is filtered by. The same object while the URL says the same. */
export function useFilters<Name extends string>(names: readonly Name[]) {
  const [params, setParams] = useSearchParams()
  const text = params.toString()
  const filters = useMemo(() => pick(new URLSearchParams(text), names), [text, names])
  const setFilters = useCallback(
    (changes: Readonly<Record<string, string | undefined>>) => setParams((before) => merge(before, changes)),
    [setParams],
  )
  return { filters, setFilters }
}

function pick<Name extends string>(params: URLSearchParams, names: readonly Name[]): Filters<Name> {
  const picked: Partial<Record<Name, string>> = {}
  for (const name of names) {
    const value = params.get(name)
    if (value !== null && value !== '') picked[name] = value
  }
  return picked
}

function merge(before: URLSearchParams, changes: Readonly<Record<string, string | undefined>>): URLSearchParams {
  const after = new URLSearchParams(before)
  for (const [name, value] of Object.entries(changes)) {
    if (value === undefined) after.delete(name)
    else after.set(name, value)
  }
  return after
}
