import { orderIdChosenMax, type Intake } from '../../ports/intake.ts'
import { checkOrderIds, keyReused, keysRememberedMax } from '../store/order-ids.ts'
import type { MemoryStoreState, Pause } from './memory-store-state.ts'

export function memoryIntake(state: MemoryStoreState, pause: Pause): Intake {
  return {
    async reserveOrderIds(count) {
      await pause()
      const first = reserve(state, count)
      await pause()
      return first
    },

    async noteOrderIds(greatest) {
      await pause()
      if (greatest <= orderIdChosenMax) state.counters.orderIdGiven = Math.max(state.counters.orderIdGiven, greatest)
      await pause()
    },

    async remember({ principal, key, fingerprint, idsNeeded, atMs }) {
      await pause()
      const known = state.requests.get(textOf(principal, key))
      if (known && known.fingerprint !== fingerprint) throw keyReused(key)
      const remembered = known ?? { firstOrderId: reserve(state, idsNeeded), atMs, response: undefined, fingerprint }
      state.requests.set(textOf(principal, key), remembered)
      forgetOldest(state)
      await pause()
      return { firstOrderId: remembered.firstOrderId, atMs: remembered.atMs, response: remembered.response }
    },

    async complete(principal, key, response) {
      await pause()
      const known = state.requests.get(textOf(principal, key))
      if (known && known.response === undefined) state.requests.set(textOf(principal, key), { ...known, response })
    },
  }
}

function reserve(state: MemoryStoreState, count: number): number {
  const last = Math.max(state.counters.orderIdGiven, state.counters.orderIdSeenMax)
  checkOrderIds(last, count)
  state.counters.orderIdGiven = last + count
  return last + 1
}

function forgetOldest({ requests }: MemoryStoreState): void {
  for (const oldest of requests.keys()) {
    if (requests.size <= keysRememberedMax) return
    requests.delete(oldest)
  }
}

function textOf(principal: string, key: string): string {
  return JSON.stringify([principal, key])
}
