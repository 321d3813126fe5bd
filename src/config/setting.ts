import { OrdermillError } from '../errors.ts'

export type Environment = Readonly<Record<string, string | undefined>>

/**
 * One setting: its name, what it means, its default as text, and how it is read. A reader returns undefined for what it
 * can't take; `expects` then says what it wants.
 */
export type Setting<Value> = Readonly<{
  name: string
  about: string
  fallback: string
  expects: string
  read: (text: string) => Value | undefined
  /** What it was set to is never told. */
  isSecret?: boolean
}>

type Settings = Readonly<Record<string, Setting<unknown>>>
export type ValuesOf<Table extends Settings> = Readonly<{
  [Key in keyof Table]: Exclude<ReturnType<Table[Key]['read']>, undefined>
}>

/**
 * Every value of a table; an empty variable counts as missing.
 *
 * @throws {OrdermillError} CONFIG_INVALID naming the variable, what it was and what it takes
 */
export function readSettings<Table extends Settings>(table: Table, environment: Environment): ValuesOf<Table> {
  const values = Object.fromEntries(Object.entries(table).map(([key, setting]) => [key, valueOf(setting, environment)]))
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- Object.fromEntries forgets which key has which value
  return values as ValuesOf<Table>
}

function valueOf(setting: Setting<unknown>, environment: Environment): unknown {
  const { name, fallback, expects, isSecret = false } = setting
  const given = environment[name] || fallback
  const value = setting.read(given)
  if (value !== undefined) return value
  const was = isSecret ? 'something else' : JSON.stringify(given)
  throw invalid(`${name} is ${was}, but must be ${expects}`)
}

export function invalid(message: string, cause?: unknown): OrdermillError {
  return new OrdermillError('CONFIG_INVALID', message, cause === undefined ? {} : { cause })
}

export function parsed<Value>(
  name: string,
  fallback: string,
  about: string,
  expects: string,
  read: (text: string) => Value | undefined,
): Setting<Value> {
  return { name, fallback, about, expects, read }
}

export function text(name: string, fallback: string, about: string): Setting<string> {
  return parsed(name, fallback, about, 'text', (value) => value)
}

export function secret<Value>(setting: Setting<Value>): Setting<Value> {
  return { ...setting, isSecret: true }
}

/** A setting without a default: `null` when it is missing. */
export function optional<Value>(setting: Setting<Value>): Setting<Value | null> {
  return { ...setting, fallback: '', read: (value) => (value === '' ? null : setting.read(value)) }
}

export function whole(name: string, fallback: string, about: string, min: number, max: number): Setting<number> {
  return parsed(name, fallback, about, `a whole number from ${min} to ${max}`, (value) => {
    const number = Number(value)
    return /^\d+$/.test(value) && number >= min && number <= max ? number : undefined
  })
}

export function ratio(name: string, fallback: string, about: string, max = 1): Setting<number> {
  return parsed(name, fallback, about, `a number from 0 to ${max}`, (value) => {
    const number = decimal(value)
    return number !== undefined && number <= max ? number : undefined
  })
}

/** Digits with at most one point: no sign, exponent, space or other notation that `Number` would take. */
export function decimal(value: string): number | undefined {
  return /^\d+(\.\d+)?$/.test(value) ? Number(value) : undefined
}

export function choice<const Options extends readonly string[]>(
  name: string,
  fallback: string,
  about: string,
  options: Options,
): Setting<Options[number]> {
  return parsed(name, fallback, about, `one of ${options.join(', ')}`, (value) =>
    options.find((option) => option === value),
  )
}

/** Parts between commas. */
export function list(value: string): readonly string[] {
  return value
    .split(',')
    .map((part) => part.trim())
    .filter(Boolean)
}
