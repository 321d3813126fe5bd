import type { Keyspace } from './couchbase-keyspace.ts'
import type { Keyspaces } from './couchbase-keyspaces.ts'
import { readJson } from './couchbase-json.ts'

/** What is made anew by a rebuild. Everything else is shared by all generations. */
export type GenerationKeyspaces = Pick<Keyspaces, 'shards' | 'arrivals' | 'series' | 'alerts' | 'dead_letters'>

/**
 * One generation of the read model, as long as no other becomes live: then there is a new object. Documents of generation
 * number n have keys that begin with `~n/`, those of number 0 have keys without a prefix.
 */
export type Generation = GenerationKeyspaces &
  Readonly<{
    number: number
    /** Stored epochs begin at 1 in each generation; those of claims are this much greater. */
    epochBase: number
  }>

/** Names the live generation. A store whose generation was never another has no such document. */
export type Pointer = Readonly<{
  kind: 'generations'
  live: number
  /** How often another became live. */
  switches: number
  /** Of the next one that is begun. Numbers are never used again, so that leftovers of a removed one are nobody's. */
  nextNumber: number
  known: readonly KnownGeneration[]
}>
export type KnownGeneration = Readonly<{ id: string; number: number; isRemoved?: true }>

export const pointerKey = 'generations'
export const firstPointer: Pointer = {
  kind: 'generations',
  live: 0,
  switches: 0,
  nextNumber: 1,
  known: [{ id: '', number: 0 }],
}

/** Each switch raises the epochs of all claims by this, more than a shard is claimed in one generation. */
const epochsASwitch = 1_000_000_000

/** Whoever works in one generation, the live one or another. `Generation` objects are the same as long as nothing was switched. */
export type Generations = Readonly<{
  /** What `read` found, and where: the pointer was read at the same time, and no other time is needed. */
  alongside: <Result>(read: (generation: Generation) => Promise<Result>) => Promise<Found<Result>>
  /** What `run` did in one generation that was still this one at its end, so that none of its documents was removed meanwhile. */
  throughout: <Result>(run: (generation: Generation) => Promise<Result>) => Promise<Result>
  isStill: (generation: Generation) => Promise<boolean>
}>
export type Found<Result> = Readonly<{ generation: Generation; result: Result }>

/** Which generation is worked in. @throws {OrdermillError} when there is none any more */
export type Choose = (pointer: Pointer) => number

/**
 * The pointer is remembered, and every answer is checked against it: a process that was not told of a switch answers again.
 *
 * @param open the documents of a generation; the same for all who share them
 */
export function couchbaseGenerations(
  { shards }: Pick<Keyspaces, 'shards'>,
  open: (number: number) => GenerationKeyspaces,
  choose: Choose,
): Generations {
  let current: Generation | undefined
  let switches = 0

  async function refresh(): Promise<Generation> {
    const pointer = await readPointer(shards)
    const number = choose(pointer)
    // Answers overtake each other: an older one tells nothing.
    if (current && (pointer.switches < switches || (pointer.switches === switches && current.number === number))) {
      return current
    }
    switches = pointer.switches
    current = { ...open(number), number, epochBase: switches * epochsASwitch }
    return current
  }

  return {
    async alongside(read) {
      let generation = current ?? (await refresh())
      for (;;) {
        const [result, now] = await Promise.all([read(generation), refresh()])
        if (now === generation) return { generation, result }
        generation = now
      }
    },

    async throughout(run) {
      let generation = current ?? (await refresh())
      for (;;) {
        const result = await run(generation)
        const now = await refresh()
        if (now === generation) return result
        generation = now
      }
    },

    isStill: async (generation) => (await refresh()) === generation,
  }
}

export async function readPointer(shards: Keyspace): Promise<Pointer> {
  return (await readJson<Pointer>(shards, pointerKey))?.document ?? firstPointer
}

/** Gives the documents of each generation. Changes of one document take turns by its keyspace: so there is one of each. */
export function generationKeyspaces(keyspaces: Keyspaces): (number: number) => GenerationKeyspaces {
  const opened = new Map<number, GenerationKeyspaces>()
  return (number) => {
    const known = opened.get(number) ?? prefixed(keyspaces, keyPrefix(number))
    opened.set(number, known)
    return known
  }
}

/** No other key of ours begins with a tilde. */
function keyPrefix(number: number): string {
  return number === 0 ? '' : `~${number}/`
}

function prefixed({ shards, arrivals, series, alerts, dead_letters }: Keyspaces, prefix: string): GenerationKeyspaces {
  const of = (keyspace: Keyspace) => withPrefix(keyspace, prefix)
  return {
    shards: of(shards),
    arrivals: of(arrivals),
    series: of(series),
    alerts: of(alerts),
    dead_letters: of(dead_letters),
  }
}

function withPrefix(keyspace: Keyspace, prefix: string): Keyspace {
  if (prefix === '') return keyspace
  return {
    get: (key) => keyspace.get(prefix + key),
    insert: (key, text, expiresAtMs) => keyspace.insert(prefix + key, text, expiresAtMs),
    replace: (key, text, cas, expiresAtMs) => keyspace.replace(prefix + key, text, cas, expiresAtMs),
    remove: (key) => keyspace.remove(prefix + key),
    member: (key, path) => keyspace.member(prefix + key, path),
  }
}

/** Keys of a generation's documents: from the first on, and before the second. */
export function keysOfGeneration(number: number): readonly [from: string, before: string] {
  // A tilde is behind every other key; "0" comes after "/".
  return number === 0 ? ['', '~'] : [keyPrefix(number), `~${number}0`]
}
