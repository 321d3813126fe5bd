import { Admin, FindCoordinatorKeyTypes } from '@platformatic/kafka'
import { waitFor } from '../wait-for.ts'

/**
 * Waits until a broker coordinates groups and transactions: it makes their topics when somebody asks for the first time. A
 * service that is the first to ask is paused for that moment, and tells so for 15 s more, as it may come again.
 */
export async function untilCoordinated(bootstrap: string): Promise<void> {
  const admin = new Admin({ clientId: 'first', bootstrapBrokers: bootstrap.split(','), retries: 0 })
  const isCoordinated = (keyType: 0 | 1): Promise<boolean> =>
    admin.findCoordinator({ keyType, keys: ['first'] }).then(
      () => true,
      () => false,
    )
  try {
    const { GROUP, TRANSACTION } = FindCoordinatorKeyTypes
    await waitFor('groups are coordinated', () => isCoordinated(GROUP))
    await waitFor('transactions are coordinated', () => isCoordinated(TRANSACTION))
  } finally {
    await admin.close()
  }
}
