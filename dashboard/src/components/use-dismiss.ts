import { useEffect, type RefObject } from 'react'

/** Takes the focus into what opened and back, and closes it on Escape or a press elsewhere. */
export function useDismiss(
  root: RefObject<HTMLElement | null>,
  { open, first, close }: { open: boolean; first: string; close: () => void },
): void {
  useEffect(() => {
    const place = root.current
    if (!open || !place) return
    const before = document.activeElement
    place.querySelector<HTMLElement>(first)?.focus()
    function onPointer({ target }: PointerEvent): void {
      if (target instanceof Node && !place?.contains(target)) close()
    }
    function onKey({ key }: KeyboardEvent): void {
      if (key === 'Escape') close()
    }
    document.addEventListener('pointerdown', onPointer)
    document.addEventListener('keydown', onKey)
    return () => {
      document.removeEventListener('pointerdown', onPointer)
      document.removeEventListener('keydown', onKey)
      if (before instanceof HTMLElement) before.focus()
    }
  }, [root, open, first, close])
}
