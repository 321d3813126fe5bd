import type { ReactNode } from 'react'
import { Link } from 'wouter'
import type { Reconciliation } from '../../../src/api/contract/reconciliation.ts'
import { Facts } from '../components/facts.tsx'
import { Panel } from '../components/panel.tsx'
import { formatCount } from '../format.ts'

/** What adds up and may still be worth a look: money was taken, and something speaks against it. */
export function PaidAllTheSame({ data }: { data: Reconciliation }) {
  const { paid_cancelled, paid_flagged, cancelled_after_paid } = data
  return (
    <Panel title="Paid all the same">
      <Facts
        facts={[
          ['Although cancelled', <Figure key="c" value={paid_cancelled} href="/orders?status=CANCELLED" />],
          ['Although flagged by a fraud rule', <Figure key="f" value={paid_flagged} href="/fraud" />],
          ['Cancelled after payment', <Figure key="a" value={cancelled_after_paid} href="/orders?status=CANCELLED" />],
        ]}
      />
    </Panel>
  )
}

function Figure({ value, href }: { value: number; href: string }): ReactNode {
  return value === 0 ? (
    'None'
  ) : (
    <Link href={href} className="num">
      {formatCount(value)}
    </Link>
  )
}
