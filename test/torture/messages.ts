import type { Charge } from '../../src/ports/payment-gateway.ts'
import type { OrderIdReuse } from '../../src/domain/order.ts'
import type { PaymentPolicy } from '../../src/domain/payment.ts'
import type { ServiceName } from '../support/pipeline-rig.ts'
import type { Crash } from './crash-points.ts'

/** What an engine process is told at its start, as JSON in its first argument. */
export type EngineOrders = Readonly<{
  directory: string
  /** Without `end` it goes on until the process ends. */
  input: Readonly<{ seed: number; from: number; end?: number }>
  policy: PaymentPolicy
  reuse: OrderIdReuse
  /** Of the input; see `torture`. */
  ordersStay?: boolean
  /** Whether an operator redrives letters meanwhile, and all of them once the input has ended. */
  redrives?: boolean
  crash?: Crash
  /** Name of a planted fault. */
  plant?: string
  /** Limit of the log's file, as if the disk were full beyond it. */
  logBytesMax?: number
}>

export const partitions = 3

export type FromEngine =
  | Readonly<{ kind: 'charge'; id: number; charge: Charge; key: string }>
  | Readonly<{ kind: 'redrive asked'; jobId: string }>
  | Readonly<{ kind: 'report'; unread: number; handedOut: Readonly<Record<ServiceName, number>> }>

export type ToEngine =
  | Readonly<{ kind: 'charged'; id: number; outcome: 'PAID' | 'DECLINED' | undefined }>
  | Readonly<{ kind: 'report' }>
