import type { Environment } from '../../../src/config/setting.ts'
import type { OrderStore } from '../../../src/ports/order-store.ts'
import type { ShardKey } from '../../../src/ports/shards.ts'
import type { WireProxy } from '../../support/couchbase/wire-proxy.ts'

/** Where a shard is, as one version of it says. */
export type Mark = Readonly<{ shard: ShardKey; epoch: number; from: number; next: number; batchId: string }>

/** The store of one system, with what the torture needs of it besides its port. */
export type TorturedStore = Readonly<{
  /** What tells a service of it. */
  environment: Environment
  /** A reader of the torture's own, around every proxy. */
  reader: OrderStore
  /** Whether it finds orders in any other sequence than the newest first. */
  sorts: boolean
  /** The contract's documents by key, where others read them. */
  documents?: () => ReadonlyMap<string, string>
  marks: () => Promise<readonly Mark[]>
  /** What the services reach it through, if anything. */
  proxy?: WireProxy
  close: () => Promise<void>
}>

/** @param directory of one system's files */
export type OpenStore = (directory: string) => Promise<TorturedStore>
