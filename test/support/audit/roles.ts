import type { Facts, OrderRecord } from './facts.ts'

/** What a record is to its order, by the history that the store kept of it. */
export type Role =
  | Readonly<{ kind: 'first' }>
  | Readonly<{ kind: 'change'; from: string; index: number }>
  | Readonly<{ kind: 'duplicate' }>
  | Readonly<{ kind: 'conflict' }>

export type History = Readonly<{ content: string; places: readonly string[] }>

/**
 * Which of several partitions made an order is a race that any of them may win, so the history is taken from the store;
 * whether that history is possible, and what follows from it, is decided here.
 */
export function rolesOf(
  facts: Facts,
  historyOf: (identity: string) => History | undefined,
  complain: (complaint: string) => void,
): ReadonlyMap<string, Role> {
  const roles = new Map<string, Role>()
  for (const [identity, records] of facts.byIdentity) {
    const history = historyOf(identity)
    if (!history) {
      complain(`I1: order ${identity} is in the log but not in the store`)
      continue
    }
    checkHistory(identity, records, history, complain)
    const entries = history.places.map((place) => facts.byPlace.get(place))
    for (const record of records) roles.set(record.place, roleOf(record, entries, complain))
  }
  return roles
}

function checkHistory(
  identity: string,
  records: readonly OrderRecord[],
  { content, places }: History,
  complain: (complaint: string) => void,
): void {
  const entries = places.map((place) => records.find((record) => record.place === place))
  if (entries.includes(undefined)) complain(`I5: order ${identity} has a history that its log lacks: ${places.join()}`)
  const [first] = entries
  if (first && content !== first.content) complain(`I1: order ${identity} is stored with other content than its record`)
  const earlier = first && records.find((record) => partitionOf(record) === partitionOf(first))
  if (first && earlier !== first) complain(`I6: order ${identity} was made by a later record of its partition`)
  if (entries.some((entry) => entry && entry.content !== content)) complain(`I2: order ${identity} took a conflict in`)
  const statuses = entries.map((entry) => entry?.status)
  if (new Set(statuses).size !== statuses.length) complain(`I2: order ${identity} took a status twice`)
  for (const [partition, ofPartition] of Map.groupBy(entries, (entry) => entry && partitionOf(entry))) {
    const offsets = ofPartition.map((entry) => entry?.record.offset ?? 0)
    if (offsets.some((offset, index) => index > 0 && offset <= (offsets[index - 1] ?? 0))) {
      complain(`I6: order ${identity} took the records of ${partition} out of order`)
    }
  }
}

function partitionOf({ record: { topic, partition } }: OrderRecord): string {
  return `${topic}-${partition}`
}

function roleOf(
  record: OrderRecord,
  entries: readonly (OrderRecord | undefined)[],
  complain: (complaint: string) => void,
): Role {
  const index = entries.indexOf(record)
  if (index === 0) return { kind: 'first' }
  if (index > 0) return { kind: 'change', from: entries[index - 1]?.status ?? '', index }
  if (record.content !== entries[0]?.content) return { kind: 'conflict' }
  if (!entries.some((entry) => entry?.status === record.status)) {
    complain(`I1: order ${record.identity} lacks the status ${record.status} of ${record.place}`)
  }
  return { kind: 'duplicate' }
}
