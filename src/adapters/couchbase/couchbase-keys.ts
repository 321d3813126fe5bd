import { createHash } from 'node:crypto'

/** For what may be longer than a key of Couchbase, 250 bytes. */
export function hashed(text: string): string {
  return createHash('sha256').update(text).digest('base64url')
}
