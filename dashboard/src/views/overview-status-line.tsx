import { Link } from 'wouter'
import { useLive } from '../api/live.ts'
import { useSystem } from '../api/queries.ts'
import { Icon } from '../components/icon.tsx'
import { Skeleton } from '../components/query-state.tsx'
import { statusLineOf } from '../status-line.ts'

const noServices: [] = []

export function StatusLine() {
  const snapshot = useLive((state) => state.snapshot)
  const { data: system } = useSystem()
  if (!snapshot) {
    return (
      <p className="status-line">
        <Skeleton width={280} />
      </p>
    )
  }
  const { tone, parts } = statusLineOf(snapshot, system?.services ?? noServices)
  return (
    <p className="status-line">
      <span className={`dot dot-${tone}`} />
      <span className="num status-words">
        {parts.map(({ text, href }, index) =>
          href === undefined ? (
            <span key={text}>{text}</span>
          ) : (
            <Link key={text} href={href} className={index === 0 ? 'status-first' : 'status-link'}>
              {text}
              {index > 0 && <Icon name="right" />}
            </Link>
          ),
        )}
      </span>
    </p>
  )
}
