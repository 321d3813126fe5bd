import type { FormEvent } from 'react'
import { useSignIn } from '../api/queries.ts'
import { capital } from '../labels.ts'
import { useTitle } from '../components/use-title.ts'

/** Where tokens are configured: one of them, kept by the browser in a cookie that no script can read. */
export function SignInView() {
  useTitle('Sign in')
  const signIn = useSignIn()

  function submit(event: FormEvent<HTMLFormElement>): void {
    event.preventDefault()
    const token = new FormData(event.currentTarget).get('token')
    // From the start: the stream was refused too, and nothing of what was refused should be kept.
    if (typeof token === 'string') signIn.mutate(token, { onSuccess: () => window.location.reload() })
  }

  return (
    <main className="sign-in">
      <form className="panel" onSubmit={submit}>
        <img src="/favicon.svg" alt="" width="32" height="32" />
        <h1>Sign in to Ordermill</h1>
        <label>
          <span className="muted">Token</span>
          <input name="token" type="password" autoComplete="current-password" required maxLength={1024} />
        </label>
        <p className="sign-in-refused" role="alert">
          {signIn.error && capital(signIn.error.message)}
        </p>
        <button type="submit" className="button button-primary" disabled={signIn.isPending}>
          {signIn.isPending ? 'Signing in…' : 'Sign in'}
        </button>
      </form>
    </main>
  )
}
