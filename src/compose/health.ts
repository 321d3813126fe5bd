import type { HealthCheck } from '../api/deps.ts'
import type { ServiceState } from '../engine/supervise.ts'
import { inTime } from '../pipeline/in-time.ts'
import type { Log } from '../ports/log.ts'
import type { OrderQueries } from '../ports/order-queries.ts'

/** Of one question; probes wait a little longer themselves. */
const healthTimeoutMs = 5_000
/** Probes that come within this share an answer. */
const freshMs = 1_000

/** What becomes of `asked` when it takes longer than a probe should wait: undefined. */
export function answered<Result>(asked: Promise<Result>): Promise<Result | undefined> {
  return inTime(asked, healthTimeoutMs, () => undefined)
}

/** Asks the log itself. */
export function logHealth(log: Pick<Log, 'topics'>, nowMs: () => number): () => Promise<HealthCheck> {
  return askedHealth('log', () => log.topics(), nowMs)
}

/** Asks the store itself. */
export function storeHealth(store: Pick<OrderQueries, 'version'>, nowMs: () => number): () => Promise<HealthCheck> {
  return askedHealth('store', () => store.version(), nowMs)
}

/** However many probe and however slow it is, it is asked one question at a time. */
function askedHealth(name: string, question: () => Promise<unknown>, nowMs: () => number): () => Promise<HealthCheck> {
  let asked: Readonly<{ answer: Promise<HealthCheck>; atMs: number }> | undefined
  let isAsking = false
  let lastFailure = ''

  async function ask(): Promise<HealthCheck> {
    isAsking = true
    try {
      await question()
      lastFailure = ''
      return { name, ok: true, detail: 'answers' }
    } catch (error) {
      lastFailure = error instanceof Error ? error.message : String(error)
      return { name, ok: false, detail: lastFailure }
    } finally {
      isAsking = false
    }
  }

  return async () => {
    if (!asked || (!isAsking && nowMs() - asked.atMs >= freshMs)) asked = { answer: ask(), atMs: nowMs() }
    return (await answered(asked.answer)) ?? noAnswer(name, lastFailure)
  }
}

export async function servicesHealth(
  asked: Promise<readonly ServiceState[]> | readonly ServiceState[],
): Promise<readonly HealthCheck[]> {
  const services = await answered(Promise.resolve(asked))
  if (!services) return [noAnswer('engine')]
  return services.map(({ name, state, detail }) => ({
    name,
    ok: state === 'running' || state === 'paused_by_operator',
    detail: state === 'paused_by_operator' ? detail : [state, detail].filter(Boolean).join(': '),
  }))
}

function noAnswer(name: string, lastFailure = ''): HealthCheck {
  const before = lastFailure === '' ? '' : `; before: ${lastFailure}`
  return { name, ok: false, detail: `no answer within ${healthTimeoutMs} ms${before}` }
}
