import { hasCode } from '../../src/errors.ts'
import type { LogPosition, NewRecord } from '../../src/ports/log.ts'
import type { Broker } from './broker.ts'
import { faultyCalls, type CallFaults } from './faults.ts'
import type { Process, World } from './world.ts'

export type Acknowledged = Readonly<{ record: NewRecord; position: LogPosition }>

export type SimulatedProducer = Readonly<{
  process: () => Process
  acknowledged: readonly Acknowledged[]
  isDone: () => boolean
  /** A new process goes on where the acknowledgements of the last one ended, so some records come twice. */
  start: () => void
}>

/** Appends `input` in chunks of a few, and repeats whatever was not acknowledged. */
export function openProducer(
  world: World,
  broker: Broker,
  input: readonly NewRecord[],
  faults: () => CallFaults,
): SimulatedProducer {
  const acknowledged: Acknowledged[] = []
  let process: Process = { name: 'producer 0', alive: false, stalled: false }
  let done = 0
  let starts = 0

  async function produce(owner: Process): Promise<void> {
    const calls = faultyCalls(world, owner, faults)
    while (done < input.length) {
      const chunk = input.slice(done, done + 1 + Math.floor(world.random() * 4))
      try {
        const positions = await calls('LOG_UNAVAILABLE', () => broker.call((log) => log.append(chunk)))
        for (const [index, record] of chunk.entries()) {
          const position = positions[index]
          if (position) acknowledged.push({ record, position })
        }
        done += chunk.length
      } catch (error) {
        if (!hasCode(error, 'LOG_UNAVAILABLE')) throw error
      }
    }
  }
  return {
    process: () => process,
    acknowledged,
    isDone: () => done >= input.length,
    start() {
      starts += 1
      process = { name: `producer ${starts}`, alive: true, stalled: false }
      void produce(process)
    },
  }
}
