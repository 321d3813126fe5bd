import { setTimeout } from 'node:timers/promises'
import { viewsGroup } from '../codec/groups.ts'
import type { Log, PartitionLag } from '../ports/log.ts'

const pollMs = 50

type Goal = Readonly<{ topic: string; partition: number; end: number }>

/** Whether views have read all that these topics held when this was called, or have so within `waitMs`. */
export async function haveViewsRead(
  log: Pick<Log, 'topics' | 'lag'>,
  topics: readonly string[],
  { waitMs, signal }: Readonly<{ waitMs: number; signal: AbortSignal }>,
): Promise<boolean> {
  const goals = await endsOf(log, topics)
  const startedMs = performance.now()
  for (;;) {
    const lag = await log.lag(viewsGroup)
    if (goals.every((goal) => isRead(goal, lag))) return true
    if (performance.now() - startedMs >= waitMs) return false
    await setTimeout(pollMs, undefined, { signal })
  }
}

async function endsOf(log: Pick<Log, 'topics'>, names: readonly string[]): Promise<readonly Goal[]> {
  return (await log.topics())
    .filter(({ name }) => names.includes(name))
    .flatMap(({ name: topic, partitions }) =>
      partitions.filter(({ begin, end }) => end > begin).map(({ partition, end }) => ({ topic, partition, end })),
    )
}

/** Below the end there may be markers of the log alone, which nobody reads. */
function isRead({ topic, partition, end }: Goal, lag: readonly PartitionLag[]): boolean {
  const known = lag.find((one) => one.topic === topic && one.partition === partition)
  return known !== undefined && ((known.committed ?? known.begin) >= end || known.nextTimestampMs === null)
}
