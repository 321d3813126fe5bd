import { Link, useLocation } from 'wouter'
import { useLive } from '../api/live.ts'
import { useSystem } from '../api/queries.ts'
import { formatCountStep } from '../format.ts'
import { Icon, type IconName } from './icon.tsx'

const places = [
  { href: '/', label: 'Overview', icon: 'overview' },
  { href: '/orders', label: 'Orders', icon: 'orders' },
  { href: '/fraud', label: 'Fraud', icon: 'fraud' },
  { href: '/payments', label: 'Payments', icon: 'payments' },
  { href: '/dead-letters', label: 'Dead letters', short: 'Letters', icon: 'deadLetters' },
  { href: '/pipeline', label: 'Pipeline', icon: 'pipeline' },
] as const satisfies readonly { href: string; label: string; short?: string; icon: IconName }[]

export function Nav() {
  const [path] = useLocation()
  const deadLetters = useLive(({ snapshot }) => snapshot?.totals.dead_letters_listed ?? 0)
  const { data: system } = useSystem()
  return (
    <nav className="nav" aria-label="Main">
      <Brand />
      <ul>
        {places.map((place) => (
          <li key={place.href}>
            <Link href={place.href} aria-current={isHere(place.href, path) ? 'page' : undefined}>
              <Icon name={place.icon} />
              <span className="nav-label">{place.label}</span>
              <span className="nav-short">{'short' in place ? place.short : place.label}</span>
              {place.href === '/dead-letters' && deadLetters > 0 && (
                <span className="badge num">{formatCountStep(deadLetters)}</span>
              )}
            </Link>
          </li>
        ))}
      </ul>
      <p className="nav-foot muted">{system ? `Version ${system.version}` : ''}</p>
    </nav>
  )
}

function isHere(href: string, path: string): boolean {
  return href === '/' ? path === '/' : path === href || path.startsWith(`${href}/`)
}

export function Brand() {
  return (
    <Link href="/" className="brand">
      <img src="/favicon.svg" alt="" width="24" height="24" />
      <span>Ordermill</span>
    </Link>
  )
}
