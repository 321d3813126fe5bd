import { systemRuntime } from '../src/adapters/in-process/runtime.ts'
import { openKafkaLog } from '../src/adapters/kafka/kafka-log.ts'
import type { Log } from '../src/ports/log.ts'

/** The log as users have it, on one broker. */
export function openBenchLog(bootstrap: string): Log {
  const { sleep, random } = systemRuntime
  const connection = { bootstrap: [bootstrap], clientId: 'bench' }
  return openKafkaLog({ connection, delivery: 'exactly-once', replicationFactor: 1, sleep, random })
}
