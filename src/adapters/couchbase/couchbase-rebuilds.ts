import { OrdermillError } from '../../errors.ts'
import type { Rebuilds, RebuildStore } from '../../ports/rebuilds.ts'
import { isLive, noGeneration } from '../store/generations.ts'
import {
  firstPointer,
  pointerKey,
  readPointer,
  type Choose,
  type KnownGeneration,
  type Pointer,
} from './couchbase-generations.ts'
import type { Modify } from './couchbase-json.ts'
import type { Keyspaces } from './couchbase-keyspaces.ts'

type RebuildsDeps = Readonly<{
  keyspaces: Pick<Keyspaces, 'shards'>
  modify: Modify
  storeIn: (choose: Choose) => RebuildStore
  /** Names the shards of one generation in another that does not know them. */
  carry: (from: number, to: number) => Promise<void>
  /** Removes the documents of a generation that nobody works in any more. */
  remove: (number: number) => Promise<void>
}>

/** Every read of totals reads their names too. */
const generationsMax = 32

export function couchbaseRebuilds(deps: RebuildsDeps): Rebuilds {
  const { keyspaces, modify, storeIn, carry, remove } = deps
  const { shards } = keyspaces

  async function change(next: (pointer: Pointer) => Pointer | undefined): Promise<Pointer> {
    return (await modify<Pointer>(shards, pointerKey, (known = firstPointer) => next(known))) ?? firstPointer
  }

  /** Those too whose removal was broken off. */
  async function removeMarked({ known }: Pointer): Promise<void> {
    for (const { number } of known.filter(({ isRemoved }) => isRemoved)) {
      await remove(number)
      await change((now) => {
        const left = now.known.filter((other) => other.number !== number)
        return left.length === now.known.length ? undefined : { ...now, known: left }
      })
    }
  }

  return {
    async openRebuild(id) {
      const pointer = await change((known) => {
        const generation = find(known, id)
        if (generation?.number === known.live) throw isLive(id)
        return generation ? undefined : withGeneration(known, id)
      })
      const number = find(pointer, id)?.number
      return storeIn(({ live, known }) => {
        const generation = known.find((other) => other.number === number && !other.isRemoved)
        if (!generation || generation.number === live) throw noGeneration(id)
        return generation.number
      })
    },

    async switchTo(id) {
      const before = await readPointer(shards)
      const wanted = find(before, id)
      if (!wanted) throw noGeneration(id)
      if (wanted.number !== before.live) await carry(before.live, wanted.number)
      const pointer = await change((known) => {
        if (find(known, id)?.number !== wanted.number) throw noGeneration(id)
        return wanted.number === known.live ? undefined : { ...without(known, known.live), ...switched(known, wanted) }
      })
      await removeMarked(pointer)
    },

    async dropRebuild(id) {
      const pointer = await change((known) => {
        const unwanted = find(known, id)
        if (unwanted?.number === known.live) throw isLive(id)
        return unwanted && without(known, unwanted.number)
      })
      await removeMarked(pointer)
    },

    async generation() {
      const { live, known } = await readPointer(shards)
      return known.find(({ number }) => number === live)?.id ?? ''
    },
  }
}

function find({ known }: Pointer, id: string): KnownGeneration | undefined {
  return known.find((generation) => generation.id === id && !generation.isRemoved)
}

function without(pointer: Pointer, number: number): Pointer {
  const known = pointer.known.map((generation) =>
    generation.number === number ? ({ ...generation, isRemoved: true } as const) : generation,
  )
  return { ...pointer, known }
}

function switched({ switches }: Pointer, { number }: KnownGeneration): Pick<Pointer, 'live' | 'switches'> {
  return { live: number, switches: switches + 1 }
}

function withGeneration(pointer: Pointer, id: string): Pointer {
  const { nextNumber, known } = pointer
  if (known.length >= generationsMax) {
    const text = `the store holds ${known.length} generations of the read model, which is its limit: drop rebuilds first`
    throw new OrdermillError('REQUEST_INVALID', text)
  }
  return { ...pointer, nextNumber: nextNumber + 1, known: [...known, { id, number: nextNumber }] }
}
