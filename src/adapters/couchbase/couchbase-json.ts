import { backoffMs, type Backoff } from '../../domain/backoff.ts'
import { OrdermillError } from '../../errors.ts'
import type { CouchbaseStoreOptions } from './couchbase-options.ts'
import type { Cas, Keyspace, Stored } from './couchbase-keyspace.ts'
import { takingTurns } from './couchbase-work.ts'

/** A document of ours, and the version that it was read at. */
export type Read<Document> = Readonly<{ document: Document; cas: Cas }>

/** Rivals for one document take turns; so many in a row against us mean that something is wrong. */
const attemptsMax = 100
const pause: Backoff = { baseMs: 2, maxMs: 100 }

// oxlint-disable-next-line typescript/no-unnecessary-type-parameters -- what was stored is the caller's to say
export async function readJson<Document>(keyspace: Keyspace, key: string): Promise<Read<Document> | undefined> {
  const stored = await keyspace.get(key)
  return stored && { document: restored<Document>(stored), cas: stored.cas }
}

/** JSON that this adapter wrote itself, so that its shape is known. */
// oxlint-disable-next-line typescript/no-unnecessary-type-parameters -- what was stored is the caller's to say
function restored<Document>({ text }: Stored): Document {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the writer is this adapter
  return JSON.parse(text) as Document
}

type Maybe<Value> = Value | undefined | Promise<Value | undefined>

export type Writer = Readonly<{
  /**
   * Changes one document by compare-and-swap until it lands: `change` gives what it becomes, or undefined when it is right
   * as it is. It may be asked again for its own result, after a write whose outcome was not known. Changes of one
   * document take turns within a process, so that hundreds at once don't overtake each other for ever.
   *
   * @throws {OrdermillError} STORE_UNAVAILABLE
   */
  swap: (
    keyspace: Keyspace,
    key: string,
    change: (stored: Stored | undefined) => Maybe<string>,
    expiresAtMs?: number,
  ) => Promise<void>
  /** The same for a document of ours. @returns the document as it is then */
  modify: Modify
}>

export type Modify = <Document>(
  keyspace: Keyspace,
  key: string,
  change: (document: Document | undefined) => Maybe<Document>,
  expiresAtMs?: number,
) => Promise<Document | undefined>

export function couchbaseWriter({ sleep, random }: Pick<CouchbaseStoreOptions, 'sleep' | 'random'>): Writer {
  const inTurn = takingTurns<Keyspace>()

  const swap: Writer['swap'] = (keyspace, key, change, expiresAtMs) =>
    inTurn(keyspace, key, async () => {
      for (let attempt = 1; attempt <= attemptsMax; attempt += 1) {
        const stored = await keyspace.get(key)
        const text = await change(stored)
        if (text === undefined) return
        const written = stored
          ? await keyspace.replace(key, text, stored.cas, expiresAtMs)
          : await keyspace.insert(key, text, expiresAtMs)
        if (written !== undefined) return
        await sleep(backoffMs(pause, attempt, random()))
      }
      throw new OrdermillError('STORE_UNAVAILABLE', `${key} was changed by others ${attemptsMax} times in a row`)
    })

  const modify: Modify = async <Document>(
    keyspace: Keyspace,
    key: string,
    change: (document: Document | undefined) => Maybe<Document>,
    expiresAtMs?: number,
  ) => {
    let latest: Document | undefined
    const changeText = async (stored: Stored | undefined): Promise<string | undefined> => {
      const known = stored && restored<Document>(stored)
      const next = await change(known)
      latest = next ?? known
      return next && JSON.stringify(next)
    }
    await swap(keyspace, key, changeText, expiresAtMs)
    return latest
  }

  return { swap, modify }
}
