import type { ReactNode } from 'react'
import { Link } from 'wouter'
import { Icon } from './icon.tsx'

/** The way back, and what this is. */
export function DetailHead(props: { back: string; backLabel: string; title: ReactNode; children?: ReactNode }) {
  const { back, backLabel, title, children } = props
  return (
    <header className="detail-head">
      <Link href={back} className="back">
        <Icon name="left" />
        {backLabel}
      </Link>
      <div className="detail-title">
        <h1>{title}</h1>
        {children}
      </div>
    </header>
  )
}
