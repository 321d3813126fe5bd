import type { OperationsLog } from './operations-log.ts'

/** Which groups operators have paused, as a process that runs their services follows it. */
export type Pauses = Readonly<{
  /** Follows the operations until `signal` aborts. */
  follow: (signal: AbortSignal) => Promise<void>
  /** Resolves as soon as it is known, or when `signal` aborts: whoever does not know yet must not run. */
  isPaused: (group: string, signal: AbortSignal) => Promise<boolean>
  /** Resolves when the group is paused, or is not, as `wanted`; or when `signal` aborts. */
  until: (group: string, wanted: 'paused' | 'running', signal: AbortSignal) => Promise<void>
}>

type PausesOptions = Readonly<{
  operations: OperationsLog
  sleep: (durationMs: number, signal: AbortSignal) => Promise<void>
  /** The log does not answer. What is known stays; while nothing is, no service runs. */
  onTrouble: (error: unknown, isKnown: boolean) => void
}>

const lookEveryMs = 1_000

export function followPauses({ operations, sleep, onTrouble }: PausesOptions): Pauses {
  let known: ReadonlySet<string> | undefined
  let next = Promise.withResolvers<void>()
  const isKnown = (): boolean => known !== undefined

  async function look(signal: AbortSignal): Promise<void> {
    try {
      known = (await operations.state()).pausedGroups
    } catch (error) {
      if (!signal.aborted) onTrouble(error, isKnown())
    }
  }
  const tell = (): void => {
    next.resolve()
    next = Promise.withResolvers()
  }

  return {
    async follow(signal) {
      while (!signal.aborted) {
        await look(signal)
        tell()
        await sleep(lookEveryMs, signal)
      }
      tell()
    },
    async isPaused(group, signal) {
      while (!signal.aborted && !isKnown()) await next.promise
      return known?.has(group) ?? false
    },
    async until(group, wanted, signal) {
      while (!signal.aborted && known?.has(group) !== (wanted === 'paused')) await next.promise
    },
  }
}

type Pausable = Readonly<{
  group: string
  pauses: Pick<Pauses, 'isPaused' | 'until'>
  /** Called when it begins to wait, and when it goes on. */
  onChange: (isPaused: boolean) => void
  run: (signal: AbortSignal) => Promise<void>
}>

/** Runs a service while its group is not paused. A pause ends it after its batch in flight, as if it were stopped. */
export function pausable({ group, pauses, onChange, run }: Pausable): (signal: AbortSignal) => Promise<void> {
  return async (signal) => {
    let isPaused = await pauses.isPaused(group, signal)
    while (!signal.aborted) {
      if (isPaused) await rest({ group, pauses, onChange }, signal)
      if (signal.aborted) return
      isPaused = await runUntilPaused({ group, pauses, run }, signal)
      if (!isPaused) return
    }
  }
}

async function rest({ group, pauses, onChange }: Omit<Pausable, 'run'>, signal: AbortSignal): Promise<void> {
  onChange(true)
  await pauses.until(group, 'running', signal)
  if (!signal.aborted) onChange(false)
}

/** @returns whether it ended because of a pause */
async function runUntilPaused(
  { group, pauses, run }: Omit<Pausable, 'onChange'>,
  signal: AbortSignal,
): Promise<boolean> {
  const pause = new AbortController()
  const ended = new AbortController()
  const watch = async (): Promise<void> => {
    await pauses.until(group, 'paused', AbortSignal.any([signal, ended.signal]))
    pause.abort()
  }
  void watch()
  try {
    await run(AbortSignal.any([signal, pause.signal]))
    return pause.signal.aborted && !signal.aborted
  } finally {
    ended.abort()
  }
}
