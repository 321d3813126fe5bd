import { useState } from 'react'
import { useNow } from '../api/live.ts'
import { formatCount, formatInstant, formatMoney, formatRelative } from '../format.ts'
import { Icon } from './icon.tsx'

/** How long ago; the exact instant on hover. */
export function Time({ at }: { at: string }) {
  const nowMs = useNow()
  const atMs = Date.parse(at)
  return (
    <time className="num" dateTime={at} title={formatInstant(atMs)}>
      {formatRelative(atMs, nowMs)}
    </time>
  )
}

/** The exact instant, where there is room for it. */
export function Instant({ at }: { at: string }) {
  return (
    <time className="num" dateTime={at}>
      {formatInstant(Date.parse(at))}
    </time>
  )
}

export function Money({ amount, currency }: { amount: number; currency: string }) {
  return (
    <span className="num">
      {formatMoney(amount, currency)} <span className="muted currency">{currency}</span>
    </span>
  )
}

const tailLength = 12

/** A place in the log, of which the end tells most: what there is no room for is left out before that. */
export function MiddleCut({ text }: { text: string }) {
  if (text.length <= 2 * tailLength) return <span className="mono">{text}</span>
  return (
    <>
      <span className="mono middle-cut" title={text} aria-hidden="true">
        <span className="truncate">{text.slice(0, -tailLength)}</span>
        <span>{text.slice(-tailLength)}</span>
      </span>
      <span className="visually-hidden">{text}</span>
    </>
  )
}

export function Count({ value }: { value: number }) {
  return <span className="num">{formatCount(value)}</span>
}

const copiedMs = 1_500

export function CopyButton({ text, what }: { text: string; what: string }) {
  const [copied, setCopied] = useState(false)
  async function copy() {
    await navigator.clipboard.writeText(text)
    setCopied(true)
    setTimeout(() => setCopied(false), copiedMs)
  }
  return (
    <button
      type="button"
      className="icon-button copy"
      title={`Copy ${what}`}
      onClick={() => {
        // A page that isn't served securely has no clipboard: then the button does nothing, and the text can be marked.
        copy().catch(() => setCopied(false))
      }}
    >
      <Icon name={copied ? 'check' : 'copy'} />
      <span className="visually-hidden" aria-live="polite">
        {copied ? 'Copied' : `Copy ${what}`}
      </span>
    </button>
  )
}

const countryNames = new Intl.DisplayNames('en', { type: 'region' })

export function countryName(code: string): string {
  try {
    return countryNames.of(code) ?? code
  } catch {
    return code
  }
}

export function Country({ code }: { code: string }) {
  return (
    <abbr className="country" title={countryName(code)}>
      {code}
    </abbr>
  )
}
