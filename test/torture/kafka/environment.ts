import type { Environment } from '../../../src/config/setting.ts'

/** How the services of one system are configured. */
export function kafkaEnvironment({
  bootstrap,
  store,
  partitions = 1,
}: Readonly<{ bootstrap: string; store: Environment; partitions?: number }>): Environment {
  return { KAFKA_BOOTSTRAP_SERVERS: bootstrap, ORDERMILL_PARTITIONS: `${partitions}`, ...store }
}
