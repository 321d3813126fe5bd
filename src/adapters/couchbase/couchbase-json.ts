import { backoffMs, type Backoff } from '../../domain/backoff.ts'
import { OrdermillError } from '../../errors.ts'
import type { CouchbaseStoreOptions } from './couchbase-options.ts'
import type { Cas, Keyspace } from './couchbase-keyspace.ts'

/** A document of ours, and the version that it was read at. */
export type Read<Document> = Readonly<{ document: Document; cas: Cas }>

/** Rivals for one document take turns; so many in a row against us mean that something is wrong. */
const attemptsMax = 100
const pause: Backoff = { baseMs: 2, maxMs: 100 }

/** JSON that this adapter wrote itself, so that its shape is known. */
// oxlint-disable-next-line typescript/no-unnecessary-type-parameters -- what was stored is the caller's to say
export async function readJson<Document>(keyspace: Keyspace, key: string): Promise<Read<Document> | undefined> {
  const stored = await keyspace.get(key)
  if (!stored) return undefined
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the writer is this adapter
  return { document: JSON.parse(stored.text) as Document, cas: stored.cas }
}

/**
 * Changes one document by compare-and-swap until it lands: `change` gives what it becomes, or undefined when it is right
 * as it is. It may be asked again for its own result, after a write whose outcome was not known.
 *
 * @returns the document as it is then
 * @throws {OrdermillError} STORE_UNAVAILABLE
 */
export type Modify = <Document>(
  keyspace: Keyspace,
  key: string,
  change: (document: Document | undefined) => Changed<Document>,
  expiresAtMs?: number,
) => Promise<Document | undefined>

type Changed<Document> = Document | undefined | Promise<Document | undefined>

export function modifier({ sleep, random }: Pick<CouchbaseStoreOptions, 'sleep' | 'random'>): Modify {
  return async <Document>(
    keyspace: Keyspace,
    key: string,
    change: (document: Document | undefined) => Changed<Document>,
    expiresAtMs?: number,
  ) => {
    for (let attempt = 1; attempt <= attemptsMax; attempt += 1) {
      const read = await readJson<Document>(keyspace, key)
      const next = await change(read?.document)
      if (next === undefined) return read?.document
      const text = JSON.stringify(next)
      const written = read
        ? await keyspace.replace(key, text, read.cas, expiresAtMs)
        : await keyspace.insert(key, text, expiresAtMs)
      if (written !== undefined) return next
      await sleep(backoffMs(pause, attempt, random()))
    }
    throw new OrdermillError('STORE_UNAVAILABLE', `${key} was changed by others ${attemptsMax} times in a row`)
  }
}
