import { ApiError } from '../api/client.ts'
import { capital } from '../labels.ts'

/** Why an action was refused, in the place where it was asked for. */
export function Refusal({ error }: { error: Error | null }) {
  if (!error) return null
  return (
    <p className="refusal" role="alert">
      {capital(error.message)} {error instanceof ApiError && <span className="mono muted">{error.code}</span>}
    </p>
  )
}
