import { systemRuntime } from '../adapters/in-process/runtime.ts'
import { operationsTopic } from '../codec/operation-codec.ts'
import type { Config } from '../config.ts'
import { superviseServices, type ServiceState } from '../engine/supervise.ts'
import type { Log } from '../ports/log.ts'
import type { Logger } from '../telemetry/logger.ts'
import { operationsService, runJobs } from './job-steps.ts'
import type { Storage } from './storage.ts'

const { sleep, random } = systemRuntime

/** How often a log is looked at that has no topic of operations yet: the first service that starts creates it. */
const topicPollMs = 1_000

export type RunningJobs = Readonly<{ services: () => Promise<readonly ServiceState[]>; stop: () => Promise<void> }>

/** Carries out jobs in a process that runs no other service. */
export function startJobs(storage: Pick<Storage, 'log' | 'store'>, config: Config, logger: Logger): RunningJobs {
  const supervisor = superviseServices({ logger, sleep, random })
  const end = new AbortController()
  const jobs = runJobs(storage, config, logger)
  const service = async (signal: AbortSignal): Promise<void> => {
    await untilTopicIs(storage.log, signal)
    if (!signal.aborted) await jobs(signal)
  }
  const running = supervisor.run(new Map([[operationsService, service]]), end.signal)
  return {
    services: () => Promise.resolve(supervisor.states()),
    async stop() {
      end.abort()
      await running
    },
  }
}

async function untilTopicIs(log: Pick<Log, 'topics'>, signal: AbortSignal): Promise<void> {
  while (!signal.aborted && !(await log.topics()).some(({ name }) => name === operationsTopic)) {
    await sleep(topicPollMs, signal)
  }
}
