import { useSession, useSignOut } from '../api/queries.ts'
import { capital } from '../labels.ts'
import { Icon } from './icon.tsx'
import { Menu } from './menu.tsx'
import { Refusal } from './refusal.tsx'

const rights = { operator: 'may look and change', viewer: 'may look, and change nothing' } as const

/** Who is signed in by a token, and the way out. Without tokens everybody on this machine is operator, and there is nothing to leave. */
export function Account() {
  const { data: session } = useSession()
  if (!session?.tokens_required || session.role === null) return null
  const { role } = session
  return (
    <div className="account">
      <Menu
        label={
          <>
            <Icon name="person" />
            <span className="account-role">{capital(role)}</span>
          </>
        }
      >
        {() => <SignOut role={role} />}
      </Menu>
    </div>
  )
}

function SignOut({ role }: { role: keyof typeof rights }) {
  const signOut = useSignOut()
  return (
    <div className="account-panel">
      <p>
        Signed in as <strong>{role}</strong>
      </p>
      <p className="muted">{capital(rights[role])}</p>
      <button
        type="button"
        className="button"
        disabled={signOut.isPending}
        // From the start: nothing of what was shown to whom signed out should be kept.
        onClick={() => signOut.mutate(undefined, { onSuccess: () => window.location.reload() })}
      >
        Sign out
      </button>
      <Refusal error={signOut.error} />
    </div>
  )
}
