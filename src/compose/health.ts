import type { HealthCheck } from '../api/deps.ts'
import type { ServiceState } from '../engine/supervise.ts'
import { inTime } from '../pipeline/in-time.ts'
import type { Log } from '../ports/log.ts'

/** Of one question; probes wait a little longer themselves. */
const healthTimeoutMs = 5_000
/** Probes that come within this share an answer. */
const freshMs = 1_000

/** What becomes of `asked` when it takes longer than a probe should wait: undefined. */
export function answered<Result>(asked: Promise<Result>): Promise<Result | undefined> {
  return inTime(asked, healthTimeoutMs, () => undefined)
}

/** Asks the log itself. However many probe and however slow it is, it is asked one question at a time. */
export function logHealth(log: Pick<Log, 'topics'>, nowMs: () => number): () => Promise<HealthCheck> {
  let asked: Readonly<{ answer: Promise<HealthCheck>; atMs: number }> | undefined
  let isAsking = false

  async function ask(): Promise<HealthCheck> {
    isAsking = true
    try {
      await log.topics()
      return { name: 'log', ok: true, detail: 'answers' }
    } catch (error) {
      return { name: 'log', ok: false, detail: error instanceof Error ? error.message : String(error) }
    } finally {
      isAsking = false
    }
  }

  return async () => {
    if (!asked || (!isAsking && nowMs() - asked.atMs >= freshMs)) asked = { answer: ask(), atMs: nowMs() }
    return (await answered(asked.answer)) ?? noAnswer('log')
  }
}

export async function servicesHealth(
  asked: Promise<readonly ServiceState[]> | readonly ServiceState[],
): Promise<readonly HealthCheck[]> {
  const services = await answered(Promise.resolve(asked))
  if (!services) return [noAnswer('engine')]
  return services.map(({ name, state, detail }) => ({
    name,
    ok: state === 'running',
    detail: [state, detail].filter(Boolean).join(': '),
  }))
}

function noAnswer(name: string): HealthCheck {
  return { name, ok: false, detail: `no answer within ${healthTimeoutMs} ms` }
}
