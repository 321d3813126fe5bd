import { orderGroups, viewsGroup } from '../codec/groups.ts'
import type { SeekMove } from './group-seek.ts'

type Amounts = Readonly<{ skips: number; repeats: number; isHeld: boolean }>
type Effects = (amounts: Amounts) => Readonly<{ skipped: readonly string[]; repeated: readonly string[] }>

/**
 * What a seek means for the group, in words; empty when it moves nothing.
 *
 * A group with a store has two marks: the log's committed offset says which outputs are still to be written, the store's
 * own says which effects are done. A seek moves the first alone, and the next claim makes the store catch up to it.
 *
 * @param hasAllOutcomes whether the topics of payments still hold all that was ever written to them
 */
export function seekEffects(group: string, moves: readonly SeekMove[], hasAllOutcomes: boolean): readonly string[] {
  const [skips, repeats] = [sum(moves, 'skips'), sum(moves, 'repeats')]
  const { skipped, repeated } = effectsOf(group)({ skips, repeats, isHeld: !hasAllOutcomes })
  return [...(skips > 0 ? skipped : []), ...(repeats > 0 ? repeated : [])]
}

function sum(moves: readonly SeekMove[], what: 'skips' | 'repeats'): number {
  return moves.reduce((total, move) => total + move[what], 0)
}

function effectsOf(group: string): Effects {
  return effectsByGroup.get(group) ?? ofUnknown
}

const ofFraud: Effects = ({ skips, repeats }) => ({
  skipped: [
    `${upTo(skips)} are not judged: their alerts and dead letters are not written, unless the group is moved back over them.`,
  ],
  repeated: [
    `${upTo(repeats)} are judged again: their alerts and dead letters are written to the topics once more, with the same event ids. The list of alerts shows each once.`,
  ],
})

const ofPayment: Effects = ({ skips, repeats, isHeld }) => ({
  skipped: [
    `WARNING: of ${upTo(skips)}, no order is charged any more, and no payment is written. ${skippedPayments(isHeld)}`,
    'An order of a batch that was given up may have been charged already: it becomes HELD, and a release asks the gateway under the same key, which moves no money twice.',
    'The group moves forward only while it is paused and its batch in flight is done. Decisions of operators among them are not carried out. All this is for good once the group goes on: moving it back changes nothing.',
  ],
  repeated: [
    `${upTo(repeats)} are read again, and no order is charged again or anew: the ledger skips what it has done.`,
    repeatedBatch('payments and dead letters'),
  ],
})

/** See `openRecordedPayments`: what the skipped records came to is looked up in the outputs, and is not there. */
function skippedPayments(isHeld: boolean): string {
  return isHeld
    ? 'Old records of payments were removed by retention, so nobody can tell whether they were paid: their new orders become HELD, each for a person to release or reject.'
    : 'The ledger counts them as duplicates and does not know their new orders: such an order is paid only when a record of it comes again, appended anew.'
}

const ofAnalytics: Effects = ({ skips, repeats }) => ({
  skipped: [
    `The store still counts ${upTo(skips)} before the group goes on: totals, orders and series stay complete.`,
    'Dead letters of refused ones among them are not written, and moving back does not write them.',
  ],
  repeated: [
    `${upTo(repeats)} are read again, and nothing is counted again or anew: the store skips what it has done. To compare or count from the log, use a check or a rebuild.`,
    'A snapshot of the totals as they are then is written for each batch.',
    repeatedBatch('dead letters'),
  ],
})

const ofViews: Effects = ({ skips, repeats }) => ({
  skipped: [
    `The store still takes in ${upTo(skips)} before the group goes on: no alert or dead letter is missing from the lists.`,
  ],
  repeated: [
    `${upTo(repeats)} are read again without any effect: the store skips what it has done. To fill the lists from the log, use a rebuild.`,
  ],
})

const ofUnknown: Effects = ({ skips, repeats }) => ({
  skipped: [`${upTo(skips)} are not read. What that means only this group's own program knows.`],
  repeated: [`${upTo(repeats)} are read again. What that means only this group's own program knows.`],
})

const effectsByGroup: ReadonlyMap<string, Effects> = new Map([
  [orderGroups.fraud, ofFraud],
  [orderGroups.payment, ofPayment],
  [orderGroups.analytics, ofAnalytics],
  [viewsGroup, ofViews],
])

function repeatedBatch(outputs: string): string {
  return `Only the ${outputs} of the last batch before the old place may be written once more, with the same event ids.`
}

function upTo(records: number): string {
  return records === 1 ? '1 record' : `up to ${records.toLocaleString('en-US')} records`
}
