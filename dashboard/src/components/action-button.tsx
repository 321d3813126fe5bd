import { useId, type ReactNode } from 'react'
import { useDisconnected } from '../api/live.ts'
import { useSession } from '../api/queries.ts'

/** Why this page may not change anything; undefined: it may. */
function useNotAllowed(): string | undefined {
  const { data: session } = useSession()
  const disconnected = useDisconnected()
  if (disconnected) return 'The server does not answer: this works again as soon as it does'
  if (session?.role === 'operator') return undefined
  if (!session) return 'The server has not said yet what you may do'
  return 'Needs the role operator: you are signed in as a viewer'
}

/**
 * A button that changes something. It can be reached when it does nothing, so that everybody can find out why:
 * `disabled` would hide it from the keyboard.
 */
export function ActionButton(props: {
  onClick: () => void
  /** Why not now; the role is judged here. */
  unavailable?: string | undefined
  kind?: 'primary' | 'danger' | 'plain' | 'small'
  label?: string
  children: ReactNode
}) {
  const { onClick, unavailable, kind = 'plain', label, children } = props
  const notAllowed = useNotAllowed()
  const why = notAllowed ?? unavailable
  const whyId = useId()
  return (
    <>
      <button
        type="button"
        className={`button button-${kind}`}
        aria-label={label}
        aria-disabled={why !== undefined || undefined}
        aria-describedby={why === undefined ? undefined : whyId}
        title={why}
        onClick={() => {
          if (why === undefined) onClick()
        }}
      >
        {children}
      </button>
      {why !== undefined && (
        <span id={whyId} className="visually-hidden">
          {why}
        </span>
      )}
    </>
  )
}
