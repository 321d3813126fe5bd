import type { Runtime } from '../../src/adapters/in-process/runtime.ts'

/** What runs, sleeps and dies together. `undefined` in its place stands for the broker, which lives on its own. */
export type Process = { readonly name: string; alive: boolean; stalled: boolean }

type Waiting = Readonly<{ owner: Process | undefined; dueMs: number; resume: () => void }>

/**
 * A seeded scheduler and clock. Whoever comes to a gate waits there until the scheduler lets it through, one at a time:
 * everything that runs between two gates is one step, and nothing else happens meanwhile.
 */
export type World = Readonly<{
  random: () => number
  now: () => number
  /** How many gates processes have passed: the places where one of them can be made to crash. */
  gatesPassed: () => number
  gate: (owner: Process | undefined) => Promise<void>
  /** A gate that opens `durationMs` later, or early when `signal` aborts. */
  sleep: (owner: Process | undefined, durationMs: number, signal: AbortSignal) => Promise<void>
  /** Lets one who waits go on, until all is quiet again. False: nobody can go on. */
  step: () => Promise<boolean>
  /** Whatever `owner` waited for never comes. */
  drop: (owner: Process | undefined) => void
}>

export type WorldOptions = Readonly<{
  random: () => number
  /** Called at each gate of a process, before it goes on: unless it is dead or stalled by then. */
  onGate?: (owner: Process, gatesPassed: number) => void
}>

const startMs = Date.UTC(2026, 0, 1)

export function openWorld({ random, onGate = () => {} }: WorldOptions): World {
  const waiting: Waiting[] = []
  let nowMs = startMs
  let gatesPassed = 0

  const wait = (owner: Process | undefined, dueMs: number, signal?: AbortSignal): Promise<void> =>
    new Promise((resolve) => {
      if (owner?.alive === false) return
      const entry = { owner, dueMs, resume: resolve }
      waiting.push(entry)
      signal?.addEventListener('abort', () => expedite(entry), { once: true })
    })
  const expedite = (entry: Waiting): void => {
    const index = waiting.indexOf(entry)
    if (index >= 0) waiting[index] = { ...entry, dueMs: nowMs }
  }
  const choose = (): Waiting | undefined => {
    const able = waiting.filter(({ owner }) => owner?.stalled !== true)
    // Those who sleep wake now and then although others could go on: that is what slowness of the others looks like.
    const awake = random() < 0.9 ? able.filter(({ dueMs }) => dueMs <= nowMs) : able
    const candidates = awake.length > 0 ? awake : able
    return candidates[Math.floor(random() * candidates.length)]
  }

  return {
    random,
    now: () => nowMs,
    gatesPassed: () => gatesPassed,
    gate: (owner) => wait(owner, nowMs),
    sleep: (owner, durationMs, signal) => wait(owner, signal.aborted ? nowMs : nowMs + durationMs, signal),
    async step() {
      // Something may have happened outside of a step, such as a session that timed out: let it take its course first.
      if (waiting.length === 0) await quiet()
      const chosen = choose()
      if (!chosen) return false
      nowMs = Math.max(nowMs, chosen.dueMs) + 1
      if (chosen.owner) {
        gatesPassed += 1
        onGate(chosen.owner, gatesPassed)
      }
      if (chosen.owner?.alive !== false && chosen.owner?.stalled !== true) {
        waiting.splice(waiting.indexOf(chosen), 1)
        chosen.resume()
      }
      await quiet()
      return true
    },
    drop(owner) {
      for (let index = waiting.length - 1; index >= 0; index -= 1) {
        if (waiting[index]?.owner === owner) waiting.splice(index, 1)
      }
    },
  }
}

/** All promises that can settle have settled: nothing but gates is waited for in a simulation. */
export function quiet(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve))
}

export function runtimeOf(world: World, owner: Process | undefined): Runtime {
  return {
    now: world.now,
    random: world.random,
    sleep: (durationMs, signal) => world.sleep(owner, durationMs, signal),
    defer: () => world.gate(owner),
  }
}
