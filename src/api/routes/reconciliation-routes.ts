import type { OperationsLog } from '../../operations/operations-log.ts'
import type { Look } from '../../operations/reconciler.ts'
import { problems, type App } from '../app.ts'
import { reconciliation } from '../contract/reconciliation.ts'
import { reconciliationView } from '../reconciliation-view.ts'

type Deps = Readonly<{ look: Look; operations: OperationsLog; clock: () => number }>

export function reconciliationRoutes(app: App, { look, operations, clock }: Deps): void {
  const schema = {
    operationId: 'getReconciliation',
    summary: 'Whether every record is accounted for: each group’s own equation, and the groups among themselves',
    tags: ['operations'],
    response: { 200: reconciliation, ...problems },
  }
  app.get('/api/v1/reconciliation', { schema, config: { access: 'viewer' } }, async () => {
    const [found, state] = await Promise.all([look(), operations.state()])
    return reconciliationView(found, state, clock())
  })
}
