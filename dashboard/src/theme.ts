import { useSyncExternalStore } from 'react'

/** Also in public/theme.js, which runs before the first paint. */
const storageKey = 'ordermill.theme'

const themes = ['system', 'light', 'dark'] as const
export type Theme = (typeof themes)[number]

const listeners = new Set<() => void>()
const systemDark = matchMedia('(prefers-color-scheme: dark)')
systemDark.addEventListener('change', notify)

function notify(): void {
  for (const listener of listeners) listener()
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener)
  return () => listeners.delete(listener)
}

function chosen(): Theme {
  const { theme } = document.documentElement.dataset
  return theme === 'light' || theme === 'dark' ? theme : 'system'
}

function choose(theme: Theme): void {
  if (theme === 'system') delete document.documentElement.dataset['theme']
  else document.documentElement.dataset['theme'] = theme
  try {
    localStorage.setItem(storageKey, theme)
  } catch {
    // Storage is blocked: the choice holds until the page is closed.
  }
  notify()
}

/** The choice, and how to go to the next one: system, light, dark, system... */
export function useTheme(): Readonly<{ theme: Theme; next: () => void }> {
  const theme = useSyncExternalStore(subscribe, chosen)
  const following = themes[(themes.indexOf(theme) + 1) % themes.length] ?? 'system'
  return { theme, next: () => choose(following) }
}

/** What is on the screen: for a canvas, which can't follow CSS variables by itself. */
export function useResolvedTheme(): 'light' | 'dark' {
  return useSyncExternalStore(subscribe, () => {
    const theme = chosen()
    if (theme !== 'system') return theme
    return systemDark.matches ? 'dark' : 'light'
  })
}
