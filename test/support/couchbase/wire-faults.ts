import type { Frame } from './memcached-frame.ts'

/** Which requests a fault is for. */
export type RequestFilter = Readonly<{
  /** One of `opcodes`. */
  opcode: number
  key?: (key: string) => boolean
  /** So many; the next one alone when left out. */
  times?: number
}>

/** A fault that lies in wait. */
export type Fault = Readonly<{
  /** Resolves when it has struck all its times. */
  struck: Promise<void>
  strikes: () => number
  /** It strikes no more. */
  lift: () => void
}>

export type HoldingFault = Fault &
  Readonly<{
    /** Delivers the replies that it holds, on connections that are still there, and holds no more. */
    release: () => void
  }>

export type FaultAction =
  | Readonly<{ kind: 'lose-request' | 'lose-reply' | 'cut-before' | 'cut-after' }>
  | Readonly<{ kind: 'answer'; status: number }>
  | Readonly<{ kind: 'hold-reply'; released: Promise<void> }>

/** A fault has met its request; it has struck when what it does is done. */
export type ActiveFault = Readonly<{ action: FaultAction; strike: () => void }>

export type Faults = Readonly<{
  add: (action: FaultAction, filter: RequestFilter) => Fault
  /** Of those that match, the one that was added first. */
  meet: (request: Frame) => ActiveFault | undefined
}>

type Rule = ActiveFault & Readonly<{ filter: RequestFilter }> & { left: number }

export function wireFaults(): Faults {
  const rules = new Set<Rule>()

  function add(action: FaultAction, filter: RequestFilter): Fault {
    const { promise: struck, resolve } = Promise.withResolvers<void>()
    const { times = 1 } = filter
    let strikes = 0
    const strike = (): void => {
      strikes += 1
      if (strikes === times) resolve()
    }
    const rule: Rule = { action, filter, strike, left: times }
    rules.add(rule)
    return { struck, strikes: () => strikes, lift: () => void rules.delete(rule) }
  }
  function meet(request: Frame): ActiveFault | undefined {
    const rule = rules.values().find(({ filter }) => matches(request, filter))
    if (!rule) return undefined
    rule.left -= 1
    if (rule.left === 0) rules.delete(rule)
    return rule
  }
  return { add, meet }
}

function matches({ opcode, key }: Frame, filter: RequestFilter): boolean {
  return opcode === filter.opcode && (filter.key?.(key) ?? true)
}
