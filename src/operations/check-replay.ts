import type { ShardKey } from '../ports/shards.ts'
import type { PieceDeps } from './check-state.ts'
import { replayedServices, type ReplayedServices } from './replay.ts'

/** Replays a shard into the scratch up to `to`; false when the time of the piece is over before. */
export async function replayTo(
  { log, scratch, settings, now, until }: PieceDeps,
  { service, shard, to }: Readonly<{ service: keyof ReplayedServices; shard: ShardKey; to: number }>,
  signal: AbortSignal,
): Promise<boolean> {
  const { claim, piece } = replayedServices(settings, { log, owner: 'check' }, scratch)[service]
  let mine = await claim(shard)
  while (mine.next < to && now() < until) mine = await piece(mine, to, signal)
  return mine.next >= to
}
