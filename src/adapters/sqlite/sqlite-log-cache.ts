import type { LogRecord } from '../../ports/log.ts'
import type { PartitionRef } from '../in-process/log-storage.ts'
import { decodeChunk, type ChunkPart } from './sqlite-log-chunk.ts'

/** What a decoded record takes in memory beside its bytes: its object, and a view each of key and value. */
const recordOverheadBytes = 400

type Cached = { readonly bytes: Uint8Array; readonly charge: number; records: readonly LogRecord[] | undefined }

/** The chunks that were used last, so that a process decodes a record once, however many groups read it. */
export type ChunkCache = Readonly<{
  /** The records of `part` may be all that there are; what is decoded for one who wants a part is not kept. */
  get: (key: string, partition: PartitionRef, part?: ChunkPart) => readonly LogRecord[] | undefined
  /** With the records if they are decoded already. */
  put: (key: string, bytes: Uint8Array, recordCount: number, records?: readonly LogRecord[]) => void
}>

export function createChunkCache(bytesMax: number): ChunkCache {
  const chunks = new Map<string, Cached>()
  let total = 0

  const remove = (key: string): Cached | undefined => {
    const cached = chunks.get(key)
    if (cached === undefined) return undefined
    chunks.delete(key)
    total -= cached.charge
    return cached
  }
  const insert = (key: string, cached: Cached): void => {
    chunks.set(key, cached)
    total += cached.charge
    // A map iterates in the order of insertion, so the first is the one that was not used for longest.
    for (const oldest of chunks.keys()) {
      if (total <= bytesMax) break
      remove(oldest)
    }
  }
  return {
    get(key, partition, part) {
      const cached = remove(key)
      if (cached === undefined) return undefined
      insert(key, cached)
      if (cached.records === undefined && part !== undefined) return decodeChunk(partition, cached.bytes, part)
      // Only now: what nobody in this process reads is never decoded.
      return (cached.records ??= decodeChunk(partition, cached.bytes))
    },
    put(key, bytes, recordCount, records) {
      remove(key)
      insert(key, { bytes, charge: bytes.length + recordCount * recordOverheadBytes, records })
    },
  }
}
