import { createContext, useContext, useSyncExternalStore } from 'react'
import type { Problem, Snapshot } from '../../../src/api/contract.ts'
import { openStream } from './stream.ts'

/** Everything that moves by itself moves on this beat: with what is polled, at most four repaints a second. */
const beatMs = 300
const sampleMs = 1_000
const samplesMax = 120

/** What the stream can't tell of the past, remembered since the page was opened. */
export type Sample = Readonly<{ atMs: number; ordersPerSecond: number; alerts: number; inFlight: number }>

export type LiveState = Readonly<{
  connection: 'connecting' | 'open' | 'lost'
  snapshot: Snapshot | undefined
  /** When the server last said anything, by this machine's clock; 0: never. Nothing new is no reason to send something. */
  heardAtMs: number
  /** The store or the log is away; a snapshot ends it. */
  problem: Problem | undefined
  samples: readonly Sample[]
  /** The present to the second, for everything that says how long ago something was. */
  nowMs: number
}>

export type Live = Readonly<{
  current: () => LiveState
  subscribe: (listener: () => void) => () => void
  /** The server answered something else: the figures on the screen are still its newest. */
  heard: () => void
  close: () => void
}>

export function openLive(url: string, onReconnect: () => void): Live {
  const listeners = new Set<() => void>()
  let shown = initialState()
  let pending: Partial<LiveState> = {}
  const latest = () => ({ ...shown, ...pending })

  const stream = openStream(url, {
    open() {
      if (latest().connection === 'lost') onReconnect()
      pending = { ...pending, connection: 'open', heardAtMs: Date.now() }
    },
    lost() {
      pending = { ...pending, connection: 'lost' }
    },
    snapshot(snapshot) {
      pending = { ...pending, connection: 'open', snapshot, heardAtMs: Date.now(), problem: undefined }
    },
    problem(problem) {
      pending = { ...pending, problem }
    },
  })

  function beat(): void {
    const nowMs = Math.floor(Date.now() / 1_000) * 1_000
    if (nowMs === shown.nowMs && Object.keys(pending).length === 0) return
    const next = { ...latest(), nowMs }
    shown = { ...next, samples: withSample(next) }
    pending = {}
    for (const listener of listeners) listener()
  }

  const timer = setInterval(beat, beatMs)
  return {
    current: () => shown,
    subscribe(listener) {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    heard() {
      if (latest().connection === 'open') pending = { ...pending, heardAtMs: Date.now() }
    },
    close() {
      clearInterval(timer)
      stream.close()
    },
  }
}

function initialState(): LiveState {
  const nowMs = Math.floor(Date.now() / 1_000) * 1_000
  return { connection: 'connecting', snapshot: undefined, heardAtMs: 0, problem: undefined, samples: [], nowMs }
}

function withSample({ samples, snapshot, connection, nowMs }: LiveState): readonly Sample[] {
  const atMs = samples.at(-1)?.atMs ?? 0
  if (!snapshot || connection !== 'open' || nowMs - atMs < sampleMs) return samples
  const sample = {
    atMs: nowMs,
    ordersPerSecond: snapshot.pipeline.orders_per_second,
    alerts: snapshot.totals.alerts,
    inFlight: inFlightOf(snapshot),
  }
  return [...samples.slice(1 - samplesMax), sample]
}

const paymentsGroup = 'payments-group'

/** Orders that are in the log and that payments has not finished with. */
export function inFlightOf({ pipeline }: Snapshot): number {
  return pipeline.groups.find(({ group }) => group === paymentsGroup)?.lag_records ?? 0
}

export const LiveContext = createContext<Live | undefined>(undefined)

/** Renders again when what `select` gives changes; it must give the same object for the same state. */
export function useLive<Selected>(select: (state: LiveState) => Selected): Selected {
  const live = useContext(LiveContext)
  if (!live) throw new Error('useLive outside of LiveContext')
  return useSyncExternalStore(live.subscribe, () => select(live.current()))
}

export function useNow(): number {
  return useLive((state) => state.nowMs)
}

/** Nothing that needs the server can be done. */
export function useDisconnected(): boolean {
  return useLive(({ connection }) => connection === 'lost')
}

/** A connection that is open but says nothing for this long has probably gone away unnoticed. */
const staleMs = 20_000

export type Health = 'connecting' | 'live' | 'reconnecting' | 'stale'

export function healthOf({ connection, heardAtMs, problem, nowMs }: LiveState): Health {
  if (connection === 'lost') return 'reconnecting'
  if (connection === 'connecting') return 'connecting'
  return problem || nowMs - heardAtMs > staleMs ? 'stale' : 'live'
}
