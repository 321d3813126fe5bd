import { Link, useLocation } from 'wouter'
import { useLive } from '../api/live.ts'
import { useSystem } from '../api/queries.ts'
import { formatCountStep } from '../format.ts'
import { Icon } from './icon.tsx'
import { NavMore } from './nav-more.tsx'
import { isHere, navPlaces, type NavPlace } from './nav-places.ts'
import { usePhone } from './use-phone.ts'

export function Nav() {
  const { data: system } = useSystem()
  const phone = usePhone()
  const places = phone ? navPlaces.filter(({ aside }) => !aside) : navPlaces
  return (
    <nav className="nav" aria-label="Main">
      <Brand />
      <ul>
        {places.map((place) => (
          <li key={place.href}>
            <NavLink place={place} />
          </li>
        ))}
        {phone && (
          <li>
            <NavMore />
          </li>
        )}
      </ul>
      <p className="nav-foot muted">{system ? `Version ${system.version}` : ''}</p>
    </nav>
  )
}

function NavLink({ place }: { place: NavPlace }) {
  const { href, label, short = label, icon } = place
  const [path] = useLocation()
  return (
    <Link href={href} aria-current={isHere(place, path) ? 'page' : undefined}>
      <Icon name={icon} />
      <span className="nav-label">{label}</span>
      <span className="nav-short">{short}</span>
      {href === '/dead-letters' && <OpenLetters />}
    </Link>
  )
}

function OpenLetters() {
  const open = useLive(({ snapshot }) => snapshot?.totals.dead_letters_open ?? 0)
  if (open === 0) return null
  return <span className="badge num">{formatCountStep(open)}</span>
}

export function Brand() {
  return (
    <Link href="/" className="brand" aria-label="Ordermill">
      <img src="/favicon.svg" alt="" width="24" height="24" />
      <span>Ordermill</span>
    </Link>
  )
}
