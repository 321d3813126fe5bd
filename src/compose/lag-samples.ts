import type { Log } from '../ports/log.ts'
import type { LagSample } from '../telemetry/metrics.ts'
import { answered } from './health.ts'

/** Lag of every group. None when the log does not answer: the other metrics are wanted then more than ever. */
export async function lagSamples(log: Pick<Log, 'groups' | 'lag'>): Promise<readonly LagSample[]> {
  return (await answered(readLag(log)).catch(() => undefined)) ?? []
}

async function readLag(log: Pick<Log, 'groups' | 'lag'>): Promise<readonly LagSample[]> {
  const nowMs = Date.now()
  const groups = await log.groups()
  const lags = await Promise.all(groups.map(async (group) => (await log.lag(group)).map((lag) => ({ group, ...lag }))))
  return lags.flat().map(({ group, topic, partition, lagRecords, nextTimestampMs }) => ({
    group,
    topic,
    partition,
    lagRecords,
    lagSeconds: nextTimestampMs === null ? 0 : Math.max(nowMs - nextTimestampMs, 0) / 1000,
  }))
}
