/** One consumer group's work on one partition. */
export type ShardKey = Readonly<{ group: string; topic: string; topicId: string; partition: number }>

/**
 * The right to write a shard, until somebody claims it again.
 *
 * `next` decides which store effects are done: those of every offset below it. `from` is the start of the batch that
 * moved `next`, so everything below `from` is known to be committed in the log too.
 */
export type Claim = Readonly<{ shard: ShardKey; epoch: number; from: number; next: number }>

/** Where an apply moves its shard to. `batchId` is unique, and tells an apply of unknown outcome that it landed. */
export type Progress = Readonly<{ from: number; next: number; batchId: string }>

/**
 * Every `apply` of the store moves its shard in one step, as a compare-and-swap on the claim's `epoch` and `next`:
 * either all of its effects count, or none does. Facts below `claim.next` are answered and have no effect.
 * An apply with a claim that is not the newest rejects with FENCED and leaves nothing that counts.
 */
export interface Shards {
  /** Bumps the shard's epoch (making the shard on first use) and fences every older claim. */
  claim(shard: ShardKey, owner: string): Promise<Claim>
}

/** The claim after an apply that resolved. A batch that was wholly repeated moved nothing. */
export function advance(claim: Claim, { from, next }: Progress): Claim {
  return next > claim.next ? { ...claim, from, next } : claim
}
