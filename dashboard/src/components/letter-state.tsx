import type { DeadLetter } from '../../../src/api/contract.ts'
import { plural } from '../format.ts'
import { Status } from './status.tsx'

/** Whether a letter still waits for somebody, and whether it has come back before. */
export function LetterState({ letter }: { letter: Pick<DeadLetter, 'redriven' | 'quarantined' | 'redrive_count'> }) {
  const { redriven, quarantined, redrive_count } = letter
  const came = redrive_count > 0 ? `It came back after ${plural(redrive_count, 'redrive')}` : ''
  if (redriven) return <Status tone="good">Redriven</Status>
  if (quarantined) {
    return (
      <Status tone="bad" title={`${came}: it is redriven only when that is asked for`}>
        Quarantine
      </Status>
    )
  }
  return (
    <Status tone="warning" title={came}>
      {redrive_count > 0 ? `Open, came back` : 'Open'}
    </Status>
  )
}
