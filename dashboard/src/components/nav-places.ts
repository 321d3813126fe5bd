import type { IconName } from './icon.tsx'

export type NavPlace = Readonly<{
  href: string
  label: string
  short?: string
  icon: IconName
  /** On a phone it is behind More: the bar has room for four. */
  aside?: boolean
}>

export const navPlaces: readonly NavPlace[] = [
  { href: '/', label: 'Overview', icon: 'overview' },
  { href: '/orders', label: 'Orders', icon: 'orders' },
  { href: '/fraud', label: 'Fraud', icon: 'fraud', aside: true },
  { href: '/payments', label: 'Payments', icon: 'payments' },
  { href: '/dead-letters', label: 'Dead letters', short: 'Letters', icon: 'deadLetters' },
  { href: '/pipeline', label: 'Pipeline', icon: 'pipeline', aside: true },
  { href: '/reconciliation', label: 'Reconciliation', short: 'Reconcile', icon: 'reconciliation', aside: true },
  { href: '/activity', label: 'Activity', icon: 'activity', aside: true },
]

export function isHere({ href }: NavPlace, path: string): boolean {
  return href === '/' ? path === '/' : path === href || path.startsWith(`${href}/`)
}
