import type { Fault } from '../../support/couchbase/wire-faults.ts'
import { opcodes, type RequestFilter, type WireProxy } from '../../support/couchbase/wire-proxy.ts'
import { groupByService, type ServiceName } from '../../support/pipeline-rig.ts'

/**
 * Moments of a batch that is applied to Couchbase, where documents come one by one, and then the shard's swap. There a
 * service can be killed or put to sleep.
 */
export const storePoints = ['at a document', 'at the swap', 'behind the swap'] as const
export type StorePoint = (typeof storePoints)[number]

const documents: Readonly<Record<ServiceName, readonly string[]>> = {
  fraud: [],
  payment: [':payments:'],
  analytics: [':orders:'],
  views: [':alerts:', ':dead_letters:'],
}

/** Lies in wait for the next request of a service at that moment: from then on the service waits for an answer in vain. */
export function waitAt(proxy: WireProxy, service: ServiceName, point: StorePoint): Fault {
  const isDocument = (key: string): boolean => documents[service].some((kind) => key.includes(kind))
  const isSwap = (key: string): boolean => key.includes(`:shards:${groupByService[service]}/`)
  const swap: RequestFilter = { opcode: opcodes.replace, key: isSwap }
  switch (point) {
    case 'at a document':
      return proxy.loseReply({ opcode: opcodes.add, key: isDocument })
    case 'at the swap':
      return proxy.loseRequest(swap)
    case 'behind the swap':
      return proxy.loseReply(swap)
    default:
      return point satisfies never
  }
}
