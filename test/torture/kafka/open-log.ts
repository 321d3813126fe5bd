import { systemRuntime } from '../../../src/adapters/in-process/runtime.ts'
import { openKafkaLog } from '../../../src/adapters/kafka/kafka-log.ts'
import type { Log } from '../../../src/ports/log.ts'

/** A client of the torture's own. */
export function openTortureLog(bootstrap: string, replicationFactor = 1): Log {
  const { sleep, random } = systemRuntime
  const connection = { bootstrap: bootstrap.split(','), clientId: 'torture' }
  return openKafkaLog({ connection, delivery: 'exactly-once', replicationFactor, sleep, random })
}
