/** How the services of one host are configured. */
export function kafkaEnvironment({
  bootstrap,
  directory,
  partitions = 1,
}: Readonly<{ bootstrap: string; directory: string; partitions?: number }>): Readonly<Record<string, string>> {
  return {
    KAFKA_BOOTSTRAP_SERVERS: bootstrap,
    ORDERMILL_STORE: 'sqlite',
    ORDERMILL_DATA_DIR: directory,
    ORDERMILL_PARTITIONS: `${partitions}`,
  }
}
