import { systemRuntime } from '../../src/adapters/in-process/runtime.ts'
import { superviseServices } from '../../src/engine/supervise.ts'
import { operationsLog } from '../../src/operations/operations-log.ts'
import { redriveStep } from '../../src/operations/redrive.ts'
import { runOperations } from '../../src/operations/run-operations.ts'
import { createLogger } from '../../src/telemetry/logger.ts'
import type { Ports } from './crash-points.ts'

export const redriveRules = { topic: 'orders', redrivesMax: 3 } as const

/** Carries out redrives until `signal` aborts, as the program does. */
export async function runRedrives({ log, store }: Ports, redrivesMax: number, signal: AbortSignal): Promise<void> {
  const { sleep, random } = systemRuntime
  const logger = createLogger({ level: 'silent', pretty: false })
  const operations = operationsLog(log)
  const redrive = redriveStep({ log, store, operations, clock: Date.now, ...redriveRules, redrivesMax })
  const deps = { log, steps: { redrive }, now: Date.now, onFailed: () => {} }
  const supervisor = superviseServices({ logger, sleep, random })
  const [failure] = await supervisor.run(new Map([['operations', (end) => runOperations(deps, end)]]), signal)
  if (failure) throw failure.error
}
