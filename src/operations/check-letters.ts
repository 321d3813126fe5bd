import { deadLetterTopic } from '../codec/dead-letter-codec.ts'
import { orderGroups, viewsGroup } from '../codec/groups.ts'
import type { Difference } from '../codec/operation-codec.ts'
import { lagAt, lagsOf } from '../ports/lag.ts'
import type { Log, TopicDescription } from '../ports/log.ts'
import type { ShardKey } from '../ports/shards.ts'
import type { CheckPlan, PlannedShard } from './check-plan.ts'
import { replayTo } from './check-replay.ts'
import type { LetterBounds, LetterEnd, Phase, PieceDeps, Slack } from './check-state.ts'
import { placeText } from './reconciliation-checks.ts'
import { seeksForward, type Skip } from './seeks-forward.ts'

type LettersPhase = Extract<Phase, { kind: 'letters' }>
type Piece = Readonly<{ phase: Phase; differences: readonly Difference[] }>

export const firstOfLetters: LettersPhase = { kind: 'letters', looks: 0, cursor: null, stood: [] }

/** Kafka may show that a batch is committed a moment before it shows its letters. */
const looksMax = 2
const pauseMs = 1_000
const pageMax = 1_000

/**
 * One page of the letters in the log, each counted once however often it was written, where the record lay that was refused.
 * In the end there must be as many as its group had counted of the records below where it was when the check began.
 */
export async function lettersPiece(
  deps: PieceDeps,
  plan: CheckPlan,
  phase: LettersPhase,
  signal: AbortSignal,
): Promise<Piece> {
  const bounds = phase.bounds ?? (await boundsOf(deps, plan))
  const read = { ...phase, bounds }
  for (const { shard, to } of phase.cursor === null ? bounds.ends : []) {
    if (!(await replayTo(deps, { service: 'views', shard, to }, signal))) return { phase: read, differences: [] }
  }
  const query = { limit: pageMax, ...(phase.cursor === null ? {} : { cursor: phase.cursor }) }
  const { items, nextCursor } = await deps.scratch.store.searchDeadLetters(query)
  const stood = plan.shards.map((planned, index) => {
    const mine = items.filter((letter) => isOf(letter, planned, deps.settings.topic))
    return (phase.stood[index] ?? 0) + mine.length
  })
  if (nextCursor !== null) return { phase: { ...read, stood, cursor: nextCursor }, differences: [] }
  const differences = plan.shards.flatMap((planned, index) =>
    differenceOf(planned, stood[index] ?? 0, bounds.slacks[index] ?? 0, deps.settings.topic),
  )
  if (differences.length === 0 || phase.looks === looksMax) return { phase: { kind: 'done' }, differences }
  await deps.pause(pauseMs)
  return { phase: { ...firstOfLetters, looks: phase.looks + 1 }, differences: [] }
}

/** What is committed first: letters below that are in the log by then. */
async function boundsOf({ log, settings }: PieceDeps, { shards }: CheckPlan): Promise<LetterBounds> {
  const committed = await committedBy(log)
  const skips = await seeksForward(log)
  const topics = await log.topics()
  const letters = [orderGroups.analytics, orderGroups.payment].map((group) => deadLetterTopic(settings.topic, group))
  return {
    ends: topics.filter(({ name }) => letters.includes(name)).flatMap(endsOf),
    slacks: shards.map((planned) => {
      const topic = topics.find(({ name }) => name === deadLetterTopic(settings.topic, planned.shard.group))
      return slackOf(planned, { committed: committed(planned.shard), skips, topic })
    }),
  }
}

async function committedBy(log: Pick<Log, 'lag'>): Promise<(shard: ShardKey) => number> {
  const groups = [orderGroups.analytics, orderGroups.payment]
  const lags = await lagsOf(log, groups)
  return (shard) => lagAt(lags.get(shard.group), shard)?.committed ?? 0
}

function endsOf({ name: topic, id: topicId, partitions }: TopicDescription): readonly LetterEnd[] {
  return partitions.map(({ partition, end }) => ({ shard: { group: viewsGroup, topic, topicId, partition }, to: end }))
}

type Known = Readonly<{ committed: number; skips: readonly Skip[]; topic: TopicDescription | undefined }>

/** Letters are not in the log of what is not committed, of what the group was moved over, and of what retention has removed. */
function slackOf({ shard, to }: PlannedShard, { committed, skips, topic }: Known): Slack {
  if (topic?.partitions.some(({ begin }) => begin > 0)) return 'any'
  const mine = skips.filter(
    ({ group, topic: name, partition }) =>
      group === shard.group && name === shard.topic && partition === shard.partition,
  )
  const skipped = mine.reduce((sum, skip) => sum + Math.max(Math.min(skip.to, to) - skip.from, 0), 0)
  return Math.max(to - committed, 0) + skipped
}

type Letter = Readonly<{
  group: string
  topic: string
  partition: number
  offset: number
  letter: Readonly<{ topic: string }>
}>

function isOf(letter: Letter, { shard, to }: PlannedShard, topic: string): boolean {
  return (
    letter.group === shard.group &&
    letter.topic === shard.topic &&
    letter.partition === shard.partition &&
    letter.offset < to &&
    letter.letter.topic === deadLetterTopic(topic, shard.group)
  )
}

function differenceOf(
  { shard, totals, tally }: PlannedShard,
  stood: number,
  slack: Slack,
  topic: string,
): readonly Difference[] {
  const counted = totals?.dead_letters ?? tally?.deadLetters
  if (counted === undefined) return []
  const most = slack === 'any' ? Infinity : stood + slack
  if (counted >= stood && counted <= most) return []
  const where = `${shard.group} on ${placeText(shard)}: letters in ${deadLetterTopic(topic, shard.group)}`
  const expected = most === stood ? `${stood}` : `${stood} ${slack === 'any' ? 'or more' : `to ${most}`}`
  return [{ order_id: null, what: 'total', where, expected, found: `${counted}` }]
}
