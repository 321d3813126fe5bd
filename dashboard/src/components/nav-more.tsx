import { useCallback, useId, useRef, useState } from 'react'
import { Link, useLocation } from 'wouter'
import { Icon } from './icon.tsx'
import { isHere, navPlaces } from './nav-places.ts'
import { useDismiss } from './use-dismiss.ts'

const places = navPlaces.filter(({ aside }) => aside)

/** On a phone: the pages that the bar has no room for, above it. It is marked when one of them is shown. */
export function NavMore() {
  const [path] = useLocation()
  const [open, setOpen] = useState(false)
  const root = useRef<HTMLDivElement>(null)
  const sheetId = useId()
  const close = useCallback(() => setOpen(false), [])
  useDismiss(root, { open, first: '.nav-sheet a', close })
  const here = places.some((place) => isHere(place, path))
  return (
    <div ref={root}>
      <button
        type="button"
        className="nav-more"
        data-here={here || undefined}
        aria-expanded={open}
        aria-controls={open ? sheetId : undefined}
        onClick={() => setOpen(!open)}
      >
        <Icon name="more" />
        More<span className="visually-hidden"> pages</span>
      </button>
      {open && (
        <ul className="nav-sheet" id={sheetId}>
          {places.map((place) => (
            <li key={place.href}>
              <Link href={place.href} aria-current={isHere(place, path) ? 'page' : undefined} onClick={close}>
                <Icon name={place.icon} />
                {place.label}
              </Link>
            </li>
          ))}
        </ul>
      )}
    </div>
  )
}
