import { OrdermillError } from '../../errors.ts'
import type { Claim, Progress, ShardKey } from '../../ports/shards.ts'

export type ShardMark = Readonly<{ epoch: number; next: number; batchId: string | null }>

/**
 * The compare of the compare-and-swap. `answer` means that there is nothing to write: the batch landed before, and only
 * its reply was lost, or every record of it is below `next`.
 *
 * @throws {OrdermillError} FENCED
 */
export function checkClaim(mark: ShardMark | undefined, claim: Claim, progress: Progress): 'apply' | 'answer' {
  checkEpoch(mark, claim)
  if (mark?.batchId === progress.batchId) return 'answer'
  if (mark?.next !== claim.next) throw fenced(claim.shard)
  return progress.next > claim.next ? 'apply' : 'answer'
}

/** @throws {OrdermillError} FENCED */
export function checkEpoch(mark: ShardMark | undefined, claim: Claim): void {
  if (mark?.epoch !== claim.epoch) throw fenced(claim.shard)
}

export function fenced({ group, topic, partition }: ShardKey): OrdermillError {
  const what = `partition ${partition} of ${topic} for ${group}`
  return new OrdermillError('FENCED', `the store refuses to write ${what}: another member claimed it; claim it again`)
}
