import { useSystem } from '../api/queries.ts'
import { useTheme } from '../theme.ts'
import { Account } from './account.tsx'
import { Icon } from './icon.tsx'
import { LiveState } from './live-state.tsx'
import { Brand } from './nav.tsx'
import { Search } from './search.tsx'

export function Topbar() {
  return (
    <header className="topbar">
      <Brand />
      <Search />
      <div className="topbar-state">
        <Mode />
        <LiveState />
      </div>
      <Account />
      <ThemeButton />
    </header>
  )
}

/** What it runs on: this machine, or the cluster's name. */
function Mode() {
  const { data: system } = useSystem()
  if (!system) return <span className="mode muted"> </span>
  const { mode, data } = system
  return (
    <span className="mode muted truncate" title={mode === 'embedded' ? `Embedded: data in ${data}` : data}>
      {mode === 'embedded' ? 'Embedded' : data}
    </span>
  )
}

const themeLabels = { system: 'the system’s', light: 'light', dark: 'dark' } as const

function ThemeButton() {
  const { theme, next } = useTheme()
  const label = `Theme: ${themeLabels[theme]}. Change`
  return (
    <button type="button" className="icon-button" title={label} aria-label={label} onClick={next}>
      <Icon name={theme} />
    </button>
  )
}
