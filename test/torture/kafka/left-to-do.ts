import { Admin, FetchIsolationLevels } from '@platformatic/kafka'
import { groupByService, type ServiceName } from '../../support/pipeline-rig.ts'
import type { Site } from './site.ts'

/** Empty when nothing is: every service has read all that can be read, and nothing is hidden by an open transaction. */
export async function leftToDo(
  { log, directBootstrap }: Pick<Site, 'log' | 'directBootstrap'>,
  services: readonly ServiceName[],
): Promise<string> {
  const lags = await Promise.all(services.map((name) => log.lag(groupByService[name])))
  const unread = lags.map((lag) => lag.reduce((sum, { lagRecords }) => sum + lagRecords, 0))
  if (unread.some((records) => records > 0) || lags.some((lag) => lag.length === 0)) {
    return services.map((name, index) => `${name} has ${unread[index]} to read`).join(', ')
  }
  const hidden = await hiddenTopics(log, directBootstrap)
  return hidden.length === 0 ? '' : `transactions are open on ${hidden.join(', ')}`
}

async function hiddenTopics(log: Site['log'], bootstrap: string): Promise<readonly string[]> {
  const admin = new Admin({ clientId: 'torture', bootstrapBrokers: bootstrap.split(',') })
  try {
    const asked = (await log.topics()).map(({ name, partitions }) => ({
      name,
      partitions: partitions.map(({ partition }) => ({ partitionIndex: partition, timestamp: -1n })),
    }))
    const endsOf = async (isolationLevel: 0 | 1): Promise<ReadonlyMap<string, string>> => {
      const listed = await admin.listOffsets({ topics: asked, isolationLevel })
      return new Map(
        listed.map(({ name, partitions }) => [
          name,
          partitions
            .map(({ partitionIndex, offset }) => `${partitionIndex}:${offset}`)
            .toSorted()
            .join(),
        ]),
      )
    }
    const committed = await endsOf(FetchIsolationLevels.READ_COMMITTED)
    const all = await endsOf(FetchIsolationLevels.READ_UNCOMMITTED)
    return [...all].filter(([name, ends]) => committed.get(name) !== ends).map(([name]) => name)
  } finally {
    await admin.close()
  }
}
