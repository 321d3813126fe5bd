import { decimalsOf } from './currency.ts'

/**
 * How figures, money and times read. One fixed locale: two people who look at the same incident read the same figure.
 * Pure: the present is an argument, in milliseconds since the Unix epoch.
 */
const locale = 'en-US'

/** What stands in for a value that isn't there. */
export const none = '–'

const count = new Intl.NumberFormat(locale, { maximumFractionDigits: 0 })
const compact = new Intl.NumberFormat(locale, { notation: 'compact', maximumFractionDigits: 1 })
const compactLong = new Intl.NumberFormat(locale, {
  notation: 'compact',
  minimumFractionDigits: 2,
  maximumFractionDigits: 2,
})
const oneDecimal = new Intl.NumberFormat(locale, { minimumFractionDigits: 1, maximumFractionDigits: 1 })
const percent = new Intl.NumberFormat(locale, { style: 'percent', minimumFractionDigits: 1, maximumFractionDigits: 1 })

export function formatCount(value: number): string {
  return count.format(value)
}

/** Exact below ten million: a total that stands still while orders come in looks broken. */
export function formatCountShort(value: number): string {
  return Math.abs(value) < 10_000_000 ? count.format(value) : compactLong.format(value)
}

/** For axes and badges: `1.5K`. */
export function formatCountStep(value: number): string {
  return compact.format(value)
}

/** A figure a second, a minute...: one decimal where it still says something. */
export function formatRate(value: number): string {
  if (value >= 100_000) return compact.format(value)
  return value >= 100 || value === 0 ? count.format(value) : oneDecimal.format(value)
}

/** `part` of `whole` in percent; something is never shown as nothing. */
export function formatShare(part: number, whole: number): string {
  if (whole <= 0) return none
  const share = part / whole
  if (share > 0 && share < 0.001) return '<0.1%'
  if (share < 1 && share > 0.999) return '>99.9%'
  return percent.format(share)
}

type MoneyStyle = 'exact' | 'whole' | 'compact'

const moneyStyles = {
  whole: { maximumFractionDigits: 0 },
  compact: { notation: 'compact', maximumFractionDigits: 2 },
} as const satisfies Record<Exclude<MoneyStyle, 'exact'>, Intl.NumberFormatOptions>

const moneyFormats = new Map<string, Intl.NumberFormat>()

function moneyFormat(currency: string, style: MoneyStyle): Intl.NumberFormat {
  const key = `${currency} ${style}`
  const known = moneyFormats.get(key)
  if (known) return known
  const digits = style === 'exact' ? exactDigits(decimalsOf(currency)) : moneyStyles[style]
  const options = { style: 'currency', currency, currencyDisplay: 'narrowSymbol', ...digits } as const
  const made = new Intl.NumberFormat(locale, options)
  moneyFormats.set(key, made)
  return made
}

function exactDigits(decimals: number): Intl.NumberFormatOptions {
  return { minimumFractionDigits: decimals, maximumFractionDigits: decimals }
}

/** The amount with its symbol. Several currencies share `$`: where they may meet, the code goes beside it. */
export function formatMoney(amount: number, currency: string): string {
  return moneyText(amount, currency, 'exact')
}

/** Exact below ten thousand, whole below a million: what fits a tile. */
export function formatMoneyShort(amount: number, currency: string): string {
  const size = Math.abs(amount)
  if (size < 10_000) return formatMoney(amount, currency)
  return moneyText(amount, currency, size < 1_000_000 ? 'whole' : 'compact')
}

/** For axes, where the steps are round: `$1.5K`. */
export function formatMoneyStep(amount: number, currency: string): string {
  return moneyText(amount, currency, 'compact').replace(/\.0+$/, '')
}

/** Of the amount's own text, which may have more digits than a double. */
function moneyText(amount: number, currency: string, style: MoneyStyle): string {
  const text: `${number}` = `${amount}`
  return moneyFormat(currency, style).format(text)
}

const secondMs = 1_000
const minuteMs = 60 * secondMs
const hourMs = 60 * minuteMs
const dayMs = 24 * hourMs

const units = [
  { name: 'd', ms: dayMs },
  { name: 'h', ms: hourMs },
  { name: 'min', ms: minuteMs },
  { name: 's', ms: secondMs },
] as const

/** The largest unit alone: `12 s`, `3 min`, `5 h`, `2 d`. */
export function formatAge(ms: number): string {
  const unit = units.find((candidate) => ms >= candidate.ms)
  return unit ? `${Math.floor(ms / unit.ms)} ${unit.name}` : '0 s'
}

/** `12 s ago`. Clocks differ: up to a minute ahead is now, beyond that it says so. */
export function formatRelative(atMs: number, nowMs: number): string {
  const ageMs = nowMs - atMs
  if (ageMs < -minuteMs) return `in ${formatAge(-ageMs)}`
  return ageMs < secondMs ? 'now' : `${formatAge(ageMs)} ago`
}

/** `2026-01-31 13:37:00.250 UTC`. */
export function formatInstant(atMs: number): string {
  return `${new Date(atMs).toISOString().replace('T', ' ').replace('Z', '')} UTC`
}

/** `13:37` in UTC. */
export function formatClock(atMs: number): string {
  return new Date(atMs).toISOString().slice(11, 16)
}

/** Lag and the like, to the point where more digits help nobody: `0 s`, `0.4 s`, `12 s`, `3 min`. */
export function formatSeconds(seconds: number): string {
  if (seconds <= 0) return '0 s'
  return seconds < 10 ? `${oneDecimal.format(Math.max(seconds, 0.1))} s` : formatAge(seconds * secondMs)
}

/** Between two things that a computer did: `0 ms`, `42 ms`, `1.2 s`, `3 min`. */
export function formatLatency(ms: number): string {
  return ms < secondMs ? `${Math.round(ms)} ms` : formatSeconds(ms / secondMs)
}

/** `1 order`, `2 orders`. */
export function plural(value: number, one: string, many = `${one}s`): string {
  return `${formatCount(value)} ${value === 1 ? one : many}`
}
