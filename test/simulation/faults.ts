import { OrdermillError, type ErrorCode } from '../../src/errors.ts'
import type { Process, World } from './world.ts'

/** How often a call meets each fault, 0 to 1. */
export type CallFaults = Readonly<{
  /** Fails before its effect. */
  refused: number
  /** Has its effect, and the caller is told that it failed. */
  replyLost: number
  /** Fails, and has its effect some time after. */
  late: number
}>

export const noCallFaults: CallFaults = { refused: 0, replyLost: 0, late: 0 }

export type Calls = <Result>(code: ErrorCode, effect: () => Promise<Result>) => Promise<Result>

/** Every call waits for the scheduler before and after its effect; in between it meets the faults of the day. */
export function faultyCalls(world: World, owner: Process, faults: () => CallFaults): Calls {
  return async (code, effect) => {
    await world.gate(owner)
    const { refused, replyLost, late } = faults()
    const luck = world.random()
    if (luck < refused) throw new OrdermillError(code, 'refused by the simulation')
    if (luck < refused + late) {
      void happenLater(world, effect)
      throw new OrdermillError(code, 'the simulation applies it later')
    }
    const result = await effect()
    await world.gate(owner)
    if (luck < refused + late + replyLost) throw new OrdermillError(code, 'the simulation lost the reply')
    return result
  }
}

/** A request that was on its way: it arrives even if its sender has died. */
async function happenLater<Result>(world: World, effect: () => Promise<Result>): Promise<void> {
  await world.gate(network)
  try {
    await effect()
  } catch {
    // Nobody waits for the reply.
  }
}

const network: Process = { name: 'network', alive: true, stalled: false }
