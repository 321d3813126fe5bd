import type { LagWatch } from '../operations/lag-watch.ts'
import type { Log } from '../ports/log.ts'
import type { Pipeline } from './contract.ts'
import { groupView, topicView } from './groups-view.ts'
import { rateMeter } from './rate-meter.ts'

type SamplerDeps = Readonly<{
  log: Pick<Log, 'topics'>
  lagWatch: LagWatch
  everyMs: number
  itemsMax: number
}>

/** Lag and rates for the stream; the same object comes back until something in it has changed. */
export function pipelineSampler({
  log,
  lagWatch,
  everyMs,
  itemsMax,
}: SamplerDeps): (orderCount: number) => Promise<Pipeline> {
  const rate = rateMeter()
  let sampled: Readonly<{ atMs: number; text: string; pipeline: Pipeline }> | undefined

  async function sample(orderCount: number, atMs: number): Promise<Pipeline> {
    const [watched, topics] = await Promise.all([lagWatch.groups(everyMs), log.topics()])
    const groups = watched.map((group) => groupView(group, []))
    const pipeline = {
      groups: groups.slice(0, itemsMax).map(({ group, partitions, lag_records, lag_seconds }) => {
        const committed = partitions.reduce((sum, partition) => sum + (partition.committed ?? 0), 0)
        return { group, lag_records, lag_seconds, records_per_second: rate(`group ${group}`, committed, atMs) }
      }),
      topics: topics.slice(0, itemsMax).map((description) => {
        const end = description.partitions.reduce((sum, partition) => sum + partition.end, 0)
        const { name: topic, records } = topicView(description)
        return { topic, records, records_per_second: rate(`topic ${topic}`, end, atMs) }
      }),
      orders_per_second: rate('orders', orderCount, atMs),
      problem: null,
    }
    return pipeline
  }

  return async (orderCount) => {
    const atMs = performance.now()
    if (sampled && atMs - sampled.atMs < everyMs) return sampled.pipeline
    // Totals come from the store: they go on while the log does not answer.
    const pipeline = await sample(orderCount, atMs).catch((error: unknown) => unknownPipeline(error))
    const text = JSON.stringify(pipeline)
    sampled = { atMs, text, pipeline: sampled?.text === text ? sampled.pipeline : pipeline }
    return sampled.pipeline
  }
}

function unknownPipeline(error: unknown): Pipeline {
  const problem = error instanceof Error ? error.message : String(error)
  return { groups: [], topics: [], orders_per_second: 0, problem }
}
