import { healthOf, useLive, type Health } from '../api/live.ts'
import { formatAge } from '../format.ts'
import type { Tone } from '../labels.ts'
import { Status } from './status.tsx'

const words = {
  connecting: { tone: 'neutral', label: 'Connecting' },
  live: { tone: 'good', label: 'Live' },
  reconnecting: { tone: 'bad', label: 'Reconnecting' },
  stale: { tone: 'warning', label: 'Stale' },
} as const satisfies Record<Health, { tone: Tone; label: string }>

/** Whether the figures move, and how old they are when they don't. */
export function LiveState() {
  const health = useLive(healthOf)
  const age = useAge()
  const { tone, label } = words[health]
  return (
    <output className="live">
      <Status tone={tone}>
        {label}
        {health !== 'live' && age && (
          <span className="live-age num" aria-hidden="true">
            {` · ${age}`}
          </span>
        )}
      </Status>
    </output>
  )
}

function useAge(): string | undefined {
  return useLive(({ heardAtMs, nowMs }) => (heardAtMs === 0 ? undefined : formatAge(Math.max(nowMs - heardAtMs, 0))))
}

/** Lies over the page, so that nothing moves when the connection goes and comes. */
export function ConnectionNotice() {
  const health = useLive(healthOf)
  const problem = useLive((state) => state.problem)
  const age = useAge()
  const shown = health === 'reconnecting' || (health === 'stale' && problem !== undefined)
  return (
    <div className="notice-place">
      {shown && (
        <div className="notice" data-tone={health === 'reconnecting' ? 'bad' : 'warning'}>
          <span className={`dot dot-${words[health].tone}`} />
          <span>
            <strong>{health === 'reconnecting' ? 'Disconnected from the server.' : problem?.title}</strong>{' '}
            {health === 'reconnecting' ? 'Trying again by itself.' : problem?.detail}
            {age && (
              <span className="num" aria-hidden="true">
                {' '}
                Figures are {age} old.
              </span>
            )}
          </span>
        </div>
      )}
    </div>
  )
}
