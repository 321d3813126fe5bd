import { opcodes, statuses, type Frame } from './memcached-frame.ts'

const storing: ReadonlySet<number> = new Set([opcodes.set, opcodes.add, opcodes.replace])
const flush = 0x08
const firstSubdocMutation = 0xc7
const lastSubdocMutation = 0xcf
const partial: ReadonlySet<number> = new Set([
  opcodes.append,
  opcodes.prepend,
  opcodes.increment,
  opcodes.decrement,
  opcodes.subdocMutate,
  flush,
])

/** What is stored, as told by the replies to those who stored it. */
export type DocumentMirror = Readonly<{
  note: (request: Frame, reply: Frame) => void
  /** By key. Throws when a document was changed in a way that replies don't tell. */
  documents: () => ReadonlyMap<string, string>
}>

type Version = Readonly<{ cas: bigint; text: string | undefined }>

export function documentMirror(): DocumentMirror {
  const versions = new Map<string, Version>()
  let lost: string | undefined

  function note({ opcode, key, value }: Frame, { status, cas }: Frame): void {
    if (status !== statuses.success) return
    if (storing.has(opcode)) put(key, { cas, text: String(value) })
    if (opcode === opcodes.delete) put(key, { cas, text: undefined })
    if (isPartial(opcode)) lost = `the mirror can't follow request 0x${opcode.toString(16)} on ${key}`
  }
  /** Replies on different connections overtake each other; the compare-and-swap value of a key only grows. */
  function put(key: string, version: Version): void {
    if (version.cas < (versions.get(key)?.cas ?? 0n)) return
    versions.set(key, version)
  }
  function documents(): ReadonlyMap<string, string> {
    if (lost !== undefined) throw new Error(lost)
    const present = new Map<string, string>()
    for (const [key, { text }] of versions) if (text !== undefined) present.set(key, text)
    return present
  }
  return { note, documents }
}

function isPartial(opcode: number): boolean {
  return partial.has(opcode) || (opcode >= firstSubdocMutation && opcode <= lastSubdocMutation)
}
