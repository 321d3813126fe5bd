import type { FastifyBaseLogger } from 'fastify'
import type { Intake } from '../ports/intake.ts'
import type { LagWatch } from '../operations/lag-watch.ts'
import type { OrderRules } from '../operations/judge-letter.ts'
import type { OperationsLog } from '../operations/operations-log.ts'
import type { Log } from '../ports/log.ts'
import type { OrderQueries } from '../ports/order-queries.ts'
import type { Role, System } from './contract.ts'
import type { ApiLimits } from './limits.ts'

/** `sha256` of the token in lower-case hexadecimal. */
export type Token = Readonly<{ role: Role; sha256: string }>

export type ApiSettings = Readonly<{
  inputTopic: string
  baseCurrency: string
  /** Whether the log's offsets have gaps, so that they don't count records: Kafka's. */
  offsetsHaveGaps: boolean
  /** Names the one member of each element of GET /api/analytics. */
  bucket: string
  /** What is listened on, as configured. */
  host: string
  /** Names beside `host` and loopback that a request may call this server. */
  allowedHosts: readonly string[]
  /** None: only loopback may be listened on, and everybody is operator. */
  tokens: readonly Token[]
  /** How many proxies in front of this server append to X-Forwarded-For; 0 ignores the header. */
  trustedProxies: number
  /** A group that has had something to read for so long and has not moved is stuck. */
  stuckSeconds: number
  /** A dead letter that was redriven so often is quarantined. */
  redrivesMax: number
  /** What the services decide by. */
  orderRules: Omit<OrderRules, 'now'>
  limits?: Partial<ApiLimits>
}>

export type HealthCheck = Readonly<{ name: string; ok: boolean; detail: string }>
export type SystemInfo = Readonly<Omit<System, 'now'>>

export type RequestDone = (route: string, method: string, status: number, seconds: number) => void

export type ServerDeps = Readonly<{
  log: Pick<Log, 'append' | 'read' | 'topics' | 'lag' | 'groups' | 'offsetAt' | 'members' | 'seek'>
  store: OrderQueries & Intake
  clock: () => number
  settings: ApiSettings
  health: () => Promise<readonly HealthCheck[]>
  /** Prometheus text format. */
  metricsText: () => Promise<string>
  system: () => Promise<SystemInfo>
  /** Shared with whoever else looks at them; the server makes its own where they are left out. */
  operations?: OperationsLog
  lagWatch?: LagWatch
  /** `route` is the pattern, never the path. Not called for the stream, which lasts as long as its client. */
  onRequestDone?: RequestDone
  /** The built page. */
  staticDir?: string
  logger?: FastifyBaseLogger
}>
