import { join } from 'node:path'
import type { Config } from '../config.ts'

type Place = Pick<Config, 'dataDir' | 'kafka'>

/** Of the embedded log. */
export function logFile({ dataDir }: Pick<Config, 'dataDir'>): string {
  return join(dataDir, 'log.db')
}

/** The totals of a store belong to one log: that of Kafka is never mixed with the embedded one's. */
export function storeFile({ dataDir, kafka }: Place): string {
  return join(dataDir, kafka ? 'store-kafka.db' : 'store.db')
}
