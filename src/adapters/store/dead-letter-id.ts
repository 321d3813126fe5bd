import type { DeadLetter } from '../../ports/view-store.ts'

/** Opaque to users, the same for every letter of one group and original place, and safe in a URL. */
export function deadLetterId({ group, topic, partition, offset }: DeadLetter): string {
  return Buffer.from(JSON.stringify([group, topic, partition, offset])).toString('base64url')
}
