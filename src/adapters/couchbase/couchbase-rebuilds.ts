import { OrdermillError } from '../../errors.ts'
import type { Rebuilds, RebuildStore } from '../../ports/rebuilds.ts'
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
  /** Removes the documents of a generation that nobody works in any more. */
  remove: (number: number) => Promise<void>
}>

/** Every read of totals reads their names too. */
const generationsMax = 32

export function couchbaseRebuilds({ keyspaces: { shards }, modify, storeIn, remove }: RebuildsDeps): Rebuilds {
  const change = async (next: (pointer: Pointer) => Pointer | undefined): Promise<Pointer> =>
    (await modify<Pointer>(shards, pointerKey, (known = firstPointer) => next(known))) ?? firstPointer

  return {
    async openRebuild(id) {
      const pointer = await change((known) => {
        refuseLive(known, id)
        return find(known, id) ? undefined : withGeneration(known, id)
      })
      const number = find(pointer, id)?.number
      return storeIn(({ known }) => {
        if (number !== undefined && known.some((other) => other.number === number && !other.isRemoved)) return number
        throw new OrdermillError('NOT_FOUND', `the rebuild ${id} was removed: begin another one`)
      })
    },

    async switchTo(id) {
      await change((known) => {
        const wanted = find(known, id)
        if (!wanted) throw new OrdermillError('NOT_FOUND', `there is no rebuild ${id} to switch to: begin it first`)
        return wanted.number === known.live
          ? undefined
          : { ...known, live: wanted.number, switches: known.switches + 1 }
      })
    },

    async dropRebuild(id) {
      const marked = await change((known) => {
        const unwanted = find(known, id)
        if (!unwanted) return undefined
        refuseLive(known, id)
        return { ...known, known: known.known.map((other) => (other === unwanted ? removed(other) : other)) }
      })
      // Those too whose removal was not finished.
      for (const { number } of marked.known.filter(({ isRemoved }) => isRemoved)) {
        await remove(number)
        await change((known) => {
          const left = known.known.filter((other) => other.number !== number)
          return left.length === known.known.length ? undefined : { ...known, known: left }
        })
      }
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

function removed(generation: KnownGeneration): KnownGeneration {
  return { ...generation, isRemoved: true }
}

function withGeneration(pointer: Pointer, id: string): Pointer {
  const { nextNumber, known } = pointer
  if (known.length >= generationsMax) {
    const text = `the store holds ${known.length} generations, which is the limit: remove those that are not live`
    throw new OrdermillError('REQUEST_INVALID', text)
  }
  return { ...pointer, nextNumber: nextNumber + 1, known: [...known, { id, number: nextNumber }] }
}

function refuseLive(pointer: Pointer, id: string): void {
  if (find(pointer, id)?.number !== pointer.live) return
  throw new OrdermillError(
    'REQUEST_INVALID',
    `the generation ${JSON.stringify(id)} is live: it can't be rebuilt or removed`,
  )
}
