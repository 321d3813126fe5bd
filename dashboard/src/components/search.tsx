import { useEffect, useRef, useState, type FormEvent, type KeyboardEvent, type RefObject } from 'react'
import { useLocation } from 'wouter'
import { Icon } from './icon.tsx'

/** 1 to 2^53 - 1. */
function isOrderId(text: string): boolean {
  return /^\d{1,16}$/.test(text) && Number(text) >= 1 && Number.isSafeInteger(Number(text))
}

export function Search() {
  const [text, setText] = useState('')
  const [refused, setRefused] = useState(false)
  const [, navigate] = useLocation()
  const input = useRef<HTMLInputElement>(null)
  useSlash(input)

  function submit(event: FormEvent): void {
    event.preventDefault()
    const wanted = text.replaceAll(/[\s,#]/g, '')
    if (wanted === '') return
    setRefused(!isOrderId(wanted))
    if (!isOrderId(wanted)) return
    navigate(`/orders/${Number(wanted)}`)
    setText('')
    input.current?.blur()
  }

  function leave(event: KeyboardEvent): void {
    if (event.key === 'Escape') input.current?.blur()
  }

  return (
    <search className="search">
      <form onSubmit={submit}>
        <Icon name="search" />
        <input
          ref={input}
          type="search"
          name="order-id"
          inputMode="numeric"
          autoComplete="off"
          spellCheck={false}
          placeholder="Order id"
          aria-label="Find an order by its id"
          aria-invalid={refused}
          aria-describedby={refused ? 'search-refused' : undefined}
          value={text}
          onKeyDown={leave}
          onChange={(event) => {
            setText(event.target.value)
            setRefused(false)
          }}
        />
        <kbd aria-hidden="true">/</kbd>
        {refused && (
          <p id="search-refused" className="search-refused" role="alert">
            An order id is a whole number from 1.
          </p>
        )}
      </form>
    </search>
  )
}

function useSlash(input: RefObject<HTMLInputElement | null>): void {
  useEffect(() => {
    function onKey(event: globalThis.KeyboardEvent): void {
      if (event.key !== '/' || event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target)) return
      event.preventDefault()
      input.current?.focus()
    }
    document.addEventListener('keydown', onKey)
    return () => document.removeEventListener('keydown', onKey)
  }, [input])
}

function isTyping(target: EventTarget | null): boolean {
  return target instanceof HTMLElement && target.matches('input, textarea, select, [contenteditable]')
}
