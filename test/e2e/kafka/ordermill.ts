import type { Totals } from '../../../src/api/contract.ts'
import { runCli, type CliResult } from '../../support/run-cli.ts'
import { startService, type StartedService } from '../../support/run-service.ts'
import { waitFor } from '../../support/wait-for.ts'

export type Environment = Readonly<Record<string, string>>
export type Cleaning = Parameters<typeof startService>[0]

/** A broker, and a data directory that all processes on this host share. */
export type Site = Readonly<{
  /** One command that ends by itself. */
  run: (args: readonly string[], more?: Environment) => Promise<CliResult>
  /** `ordermill run <name>`, once it tells how it is. */
  begun: (name: string, more?: Environment) => Promise<Running>
  /** The same, once it is ready. */
  service: (name: string, more?: Environment) => Promise<Running>
  /** `ordermill run api`, `ordermill start`, once they answer. */
  server: (
    args: readonly string[],
    more?: Environment,
  ) => Promise<Running & Readonly<{ totals: () => Promise<Totals> }>>
}>

export type Running = StartedService & Readonly<{ url: string }>

export type SiteOptions = Readonly<{ bootstrap: string; dataDir: string; env?: Environment }>

export function site(t: Cleaning, { bootstrap, dataDir, env: own = {} }: SiteOptions): Site {
  const env = {
    KAFKA_BOOTSTRAP_SERVERS: bootstrap,
    ORDERMILL_STORE: 'sqlite',
    ORDERMILL_LOG_FORMAT: 'json',
    ORDERMILL_HEALTH_PORT: '0',
    PORT: '0',
    ...own,
  }
  const start = (args: readonly string[], more: Environment): StartedService =>
    startService(t, args, { dataDir, env: { ...env, ...more } })
  const begun = async (name: string, more: Environment = {}): Promise<Running> => {
    const started = start(['run', name], more)
    return { ...started, url: await started.printed(/Health (http:\S+)\/readyz/) }
  }
  return {
    begun,
    run: (args, more = {}) => runCli(args, { dataDir, env: { ...env, ...more } }),
    async service(name, more) {
      const started = await begun(name, more)
      await waitFor(`${name} is ready`, async () => (await fetch(`${started.url}/readyz`)).ok)
      return started
    },
    async server(args, more = {}) {
      const started = start(args, more)
      const url = await started.printed(/ {2}API +(http:\/\/[^/]+)\//)
      return { ...started, url, totals: () => json<Totals>(`${url}/api/v1/totals`) }
    },
  }
}

/** What a route answers. */
export async function json<Shape>(url: string): Promise<Shape> {
  const response = await fetch(url)
  if (!response.ok) throw new Error(`${url} answered ${response.status}: ${await response.text()}`)
  return (await response.json()) as Shape
}

export const groups = ['fraud-group', 'payments-group', 'analytics-group'] as const

type Groups = Readonly<{
  items: readonly Readonly<{ group: string; lag_records: number; partitions: readonly unknown[] }>[]
}>

/**
 * Until the groups have committed all that their topics hold, as long as it becomes less: how fast is no promise. One that
 * never committed may have no partitions yet.
 */
export async function untilCaughtUp(url: string, names: readonly string[] = groups): Promise<void> {
  for (let behind = Number.POSITIVE_INFINITY; behind > 0;) {
    let least = behind
    await waitFor(
      `${names.join()} get on, behind by ${behind}`,
      async () => (least = await recordsBehind(url, names)) < behind,
    )
    behind = least
  }
}

async function recordsBehind(url: string, names: readonly string[]): Promise<number> {
  const { items } = await json<Groups>(`${url}/api/v1/groups`)
  const lags = names.map((name) => {
    const known = items.find(({ group, partitions }) => group === name && partitions.length > 0)
    return known?.lag_records ?? Number.POSITIVE_INFINITY
  })
  return lags.reduce((sum, lag) => sum + lag, 0)
}
