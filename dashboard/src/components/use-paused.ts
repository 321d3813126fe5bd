import { useState, type FocusEvent, type PointerEvent, type UIEvent } from 'react'

/** Somebody reads here: the pointer or the focus is in the element, or it isn't at its top. */
export function usePaused() {
  const [hovered, setHovered] = useState(false)
  const [focused, setFocused] = useState(false)
  const [scrolled, setScrolled] = useState(false)
  const handlers = {
    onPointerEnter: ({ pointerType }: PointerEvent) => setHovered(pointerType === 'mouse'),
    onPointerLeave: () => setHovered(false),
    onFocus: () => setFocused(true),
    onBlur: ({ currentTarget, relatedTarget }: FocusEvent) => setFocused(currentTarget.contains(relatedTarget)),
    onScroll: ({ currentTarget }: UIEvent) => setScrolled(currentTarget.scrollTop > 0),
  }
  return { paused: hovered || focused || scrolled, handlers }
}

/** The value as it was when the pause began. */
export function useFrozen<Value>(value: Value, paused: boolean): Value {
  const [kept, setKept] = useState(value)
  if (!paused && kept !== value) setKept(value)
  return paused ? kept : value
}
