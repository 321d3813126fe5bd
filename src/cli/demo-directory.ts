import { join } from 'node:path'
import type { Config } from '../config.ts'

/** The demonstration's data is here, below the data directory: it never mixes with real orders. */
export const demoDirectory = 'demo'

/** On Kafka orders are where the topics are, whoever made them up: there is no other place for these. */
export function onDemoData(config: Config): Config {
  return config.kafka ? config : { ...config, dataDir: join(config.dataDir, demoDirectory) }
}
