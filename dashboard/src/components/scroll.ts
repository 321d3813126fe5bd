import { createContext, type RefObject } from 'react'

/** The element of the shell that scrolls, for lists that make only the rows in sight. */
export const ScrollContext = createContext<RefObject<HTMLElement | null>>({ current: null })
