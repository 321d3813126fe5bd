import { setTimeout } from 'node:timers/promises'
import type { CheckSpec } from '../codec/operation-codec.ts'
import type { Config } from '../config.ts'
import { checkStep, type CheckStep } from '../operations/check.ts'
import type { CheckDeps } from '../operations/check-state.ts'
import type { ReplaySettings } from '../operations/replay.ts'
import { dayMs, hourMs } from '../domain/window.ts'
import { fraudRulesOf } from './fraud-rules.ts'
import { takeOwnScratch } from './own-scratch.ts'
import { openScratches } from './scratches.ts'
import { askForTopics, openReader } from './storage.ts'

export type LocalCheck = Readonly<{
  /** One bounded piece of it; the last one is done. */
  step: (signal: AbortSignal) => Promise<CheckStep>
  /** Removes what it kept. */
  close: () => Promise<void>
}>

/**
 * A check in this process, beside the running services or without them. It only reads log and store.
 *
 * @throws {OrdermillError} what `openReader` throws
 */
export async function openLocalCheck(config: Config, spec: CheckSpec): Promise<LocalCheck> {
  const { log, store, close } = await openReader(config)
  const deps = checkDeps(config, { log, store }, openScratches(config))
  try {
    await askForTopics(log, config)
    const { name, remove } = await takeOwnScratch(config)
    return {
      step: (signal) => checkStep(deps, { name, spec }, signal),
      async close() {
        await remove()
        await close()
      },
    }
  } catch (error) {
    await close()
    throw error
  }
}

export function checkDeps(
  config: Config,
  { log, store }: Pick<CheckDeps, 'log' | 'store'>,
  scratches: CheckDeps['scratches'],
): CheckDeps {
  return {
    log,
    store,
    scratches,
    settings: replaySettings(config),
    now: () => performance.now(),
    pause: (durationMs) => setTimeout(durationMs),
    seriesKeptFromMs: () => seriesKeptFromMs(config),
  }
}

/** Hosts drop minutes by clocks of their own, and Couchbase whole hours. */
const dropMarginMs = hourMs

function seriesKeptFromMs({ seriesRetentionDays }: Config): number {
  return seriesRetentionDays === 0 ? -Infinity : Date.now() - seriesRetentionDays * dayMs + dropMarginMs
}

function replaySettings(config: Config): ReplaySettings {
  const { topic, baseCurrency, paymentPolicy: policy, orderIdReuse: reuse } = config
  return { topic, baseCurrency, policy, reuse, rules: fraudRulesOf(config) }
}
