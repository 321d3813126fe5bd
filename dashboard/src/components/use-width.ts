import { useLayoutEffect, useState, type RefObject } from 'react'

/** The element's own width, known before it is painted; until then there is room for everything. */
export function useWidth(ref: RefObject<HTMLElement | null>): number {
  const [widthPx, setWidthPx] = useState(Number.POSITIVE_INFINITY)
  useLayoutEffect(() => {
    const element = ref.current
    if (!element) return
    const look = () => setWidthPx(element.clientWidth)
    look()
    const observer = new ResizeObserver(look)
    observer.observe(element)
    return () => observer.disconnect()
  }, [ref])
  return widthPx
}
