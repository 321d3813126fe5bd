import type { LagWatch } from '../operations/lag-watch.ts'
import type { LagSample } from '../telemetry/metrics.ts'
import { answered } from './health.ts'

/** Scrapes and pages that come within this share an answer. */
const freshMs = 1_000

/** Lag of every group. None when the log does not answer: the other metrics are wanted then more than ever. */
export async function lagSamples(watch: Pick<LagWatch, 'groups'>): Promise<readonly LagSample[]> {
  const groups = (await answered(watch.groups(freshMs)).catch(() => undefined)) ?? []
  return groups.flatMap(({ group, partitions }) =>
    partitions.map(({ topic, partition, lagRecords, lagSeconds, isStuck }) => ({
      group,
      topic,
      partition,
      lagRecords,
      lagSeconds,
      isStuck,
    })),
  )
}
