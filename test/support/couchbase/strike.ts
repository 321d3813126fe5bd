import { opcodes, statuses, type Fault, type RequestFilter, type WireProxy } from './wire-proxy.ts'

/** What befalls a write. Twice: also when the store sends it once more. */
export type Blow = Readonly<{ name: string; times: number; on: (proxy: WireProxy, filter: RequestFilter) => Fault }>

/** Kinds of request that a strike counts. */
export const written = { insert: opcodes.add, replace: opcodes.replace } as const

export const blows: readonly Blow[] = [
  { name: 'the reply lost', times: 1, on: (proxy, filter) => proxy.loseReply(filter) },
  { name: 'the replies lost twice', times: 2, on: (proxy, filter) => proxy.loseReply(filter) },
  { name: 'the request lost twice', times: 2, on: (proxy, filter) => proxy.loseRequest(filter) },
  { name: 'the connection cut before', times: 1, on: (proxy, filter) => proxy.cutBefore(filter) },
  { name: 'the connection cut after', times: 1, on: (proxy, filter) => proxy.cutAfter(filter) },
  {
    name: 'a temporary failure',
    times: 1,
    on: (proxy, filter) => proxy.answer(statuses.temporaryFailure, filter),
  },
]

/**
 * The first blow falls on the `nth` request of its kind for documents that `belongs` names, counted from 0, and all
 * others on the same document.
 *
 * @returns lifts it, and tells the document that was struck
 */
export function strikeNth(
  proxy: WireProxy,
  { on, times }: Blow,
  { opcode, nth, belongs }: Readonly<{ opcode: number; nth: number; belongs: (key: string) => boolean }>,
): () => string | undefined {
  let seen = -1
  let struck: string | undefined
  const key = (asked: string): boolean => {
    if (struck !== undefined) return asked === struck
    if (!belongs(asked)) return false
    seen += 1
    if (seen === nth) struck = asked
    return seen === nth
  }
  const fault = on(proxy, { opcode, key, times })
  return () => {
    fault.lift()
    return struck
  }
}
