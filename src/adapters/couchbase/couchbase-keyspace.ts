import type { Collection } from 'couchbase'
import {
  CasMismatchError,
  DocumentExistsError,
  DocumentNotFoundError,
  DurabilityLevel,
  LookupInSpec,
  PathNotFoundError,
} from './couchbase-driver.ts'
import { isUnknownOutcome, storeError } from './couchbase-errors.ts'
import type { Opened } from './couchbase-connection.ts'
import type { CouchbaseStoreOptions, Durability } from './couchbase-options.ts'

/** The mark of one version of a document; opaque. */
export type Cas = Awaited<ReturnType<Collection['get']>>['cas']
export type Stored = Readonly<{ text: string; cas: Cas }>

/**
 * Documents of one kind, as JSON text. A write of unknown outcome is sent once more as it was, so that `undefined` may
 * mean one's own write: whoever gets it reads again and finds what it wanted to write, or goes on from what is there.
 */
export type Keyspace = Readonly<{
  get: (key: string) => Promise<Stored | undefined>
  /** undefined when there is one already. */
  insert: (key: string, text: string, expiresAtMs?: number) => Promise<Cas | undefined>
  /** undefined when it is gone, or not of that version. */
  replace: (key: string, text: string, cas: Cas, expiresAtMs?: number) => Promise<Cas | undefined>
  /** Does nothing when there is none. */
  remove: (key: string) => Promise<void>
  /** One member of a document, without the rest; undefined when there is no such document. */
  member: (key: string, path: string) => Promise<unknown>
}>

const sendsMax = 2

const levelOf = {
  none: DurabilityLevel.None,
  majority: DurabilityLevel.Majority,
  majorityAndPersistActive: DurabilityLevel.MajorityAndPersistOnMaster,
  persistToMajority: DurabilityLevel.PersistToMajority,
} as const satisfies Record<Durability, number>

/** The received text goes in and comes out byte for byte; flags of JSON in every SDK. */
const transcoder = {
  encode: (text: unknown): [Buffer, number] => [Buffer.from(String(text)), 0x02_00_00_00],
  decode: (bytes: Buffer) => bytes.toString(),
}
const reading = { transcoder }

/** @param prefix of every key; empty in a collection of its own */
export function keyspace(
  open: () => Promise<Opened>,
  collectionOf: (opened: Opened) => Collection,
  { durability, kvTimeoutMs }: Pick<CouchbaseStoreOptions, 'durability' | 'kvTimeoutMs'>,
  prefix = '',
): Keyspace {
  // Both sends together take no longer than one operation may.
  const writing = { transcoder, durabilityLevel: levelOf[durability], timeout: kvTimeoutMs / sendsMax }
  let collection: Collection | undefined

  async function ask<Result>(doing: string, run: (collection: Collection) => Promise<Result>): Promise<Result> {
    // Asked each time, so that a store that was closed says so.
    const opened = await open()
    collection ??= collectionOf(opened)
    try {
      return await run(collection)
    } catch (error) {
      throw storeError(error, doing)
    }
  }

  function send<Result>(doing: string, run: (collection: Collection) => Promise<Result>): Promise<Result> {
    return ask(doing, async (known) => {
      for (let sends = 1; ; sends += 1) {
        try {
          return await run(known)
        } catch (error) {
          if (sends === sendsMax || !isUnknownOutcome(error)) throw error
        }
      }
    })
  }

  return {
    get: (key) =>
      ask(`read ${prefix}${key}`, async (known) => {
        const found = await unless(known.get(prefix + key, reading), DocumentNotFoundError)
        return found && { text: String(found.content), cas: found.cas }
      }),

    insert: (key, text, expiresAtMs) =>
      send(`write ${prefix}${key}`, async (known) => {
        const options = expiresAtMs === undefined ? writing : { ...writing, expiry: new Date(expiresAtMs) }
        return (await unless(known.insert(prefix + key, text, options), DocumentExistsError))?.cas
      }),

    replace: (key, text, cas, expiresAtMs) =>
      send(`write ${prefix}${key}`, async (known) => {
        const options = expiresAtMs === undefined ? writing : { ...writing, expiry: new Date(expiresAtMs) }
        const replacing = known.replace(prefix + key, text, { ...options, cas })
        return (await unless(replacing, CasMismatchError, DocumentNotFoundError))?.cas
      }),

    remove: (key) =>
      send(`remove ${prefix}${key}`, async (known) => {
        await unless(known.remove(prefix + key, writing), DocumentNotFoundError)
      }),

    member: (key, path) =>
      ask(`read ${prefix}${key}`, async (known) => {
        const asked = known.lookupIn(prefix + key, [LookupInSpec.get(path)])
        const found = await unless(asked, DocumentNotFoundError)
        const [result] = found?.content ?? []
        if (result?.error && !(result.error instanceof PathNotFoundError)) throw result.error
        const value: unknown = result?.value
        return value
      }),
  }
}

async function unless<Result>(
  asked: Promise<Result>,
  ...expected: readonly (new (...args: never) => Error)[]
): Promise<Result | undefined> {
  try {
    return await asked
  } catch (error) {
    if (expected.some((kind) => error instanceof kind)) return undefined
    throw error
  }
}
