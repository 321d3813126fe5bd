import type { Environment } from '../../../src/config/setting.ts'
import type { OrderIdReuse } from '../../../src/domain/order.ts'
import type { PaymentPolicy } from '../../../src/domain/payment.ts'
import type { ShardKey } from '../../../src/ports/shards.ts'
import type { ServiceName } from '../../support/pipeline-rig.ts'
import type { Crash } from '../crash-points.ts'
import type { FromEngine } from '../messages.ts'

/** What a service's process is told at its start, as JSON in its first argument. */
export type ServiceOrders = Readonly<{
  service: ServiceName
  bootstrap: string
  /** What tells of the store. */
  store: Environment
  policy: PaymentPolicy
  reuse: OrderIdReuse
  crash?: Crash
  /** Name of a fault that is planted in its ports. */
  plant?: string
}>

export type FromService =
  | Extract<FromEngine, { kind: 'charge' }>
  /** From now on SIGTERM is a request. */
  | Readonly<{ kind: 'ready' }>
  | Readonly<{ kind: 'handed out'; records: number }>
  | Readonly<{ kind: 'claimed'; shard: ShardKey; epoch: number }>
