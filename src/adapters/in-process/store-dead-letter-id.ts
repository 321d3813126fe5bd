import type { DeadLetter } from '../../ports/view-store.ts'

export type DeadLetterPlace = Pick<DeadLetter, 'group' | 'topic' | 'partition' | 'offset'>

/** Opaque to users; it holds the place itself, so that one letter is a read by key. */
export function deadLetterId({ group, topic, partition, offset }: DeadLetterPlace): string {
  return Buffer.from(JSON.stringify([group, topic, partition, offset])).toString('base64url')
}

/** undefined for a text that is no such id. */
export function deadLetterPlace(id: string): DeadLetterPlace | undefined {
  const parts = parse(Buffer.from(id, 'base64url').toString())
  if (!Array.isArray(parts)) return undefined
  const [group, topic, partition, offset]: unknown[] = parts
  if (typeof group !== 'string' || typeof topic !== 'string') return undefined
  if (!isWhole(partition) || !isWhole(offset)) return undefined
  return { group, topic, partition, offset }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

function isWhole(value: unknown): value is number {
  return Number.isSafeInteger(value)
}
