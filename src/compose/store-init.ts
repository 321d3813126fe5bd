import { initCouchbaseStore, initStatements, type Initialised } from '../adapters/couchbase/couchbase-init.ts'
import type { Config } from '../config.ts'
import { OrdermillError } from '../errors.ts'
import { couchbaseOptions } from './couchbase.ts'

export type StoreInit = Readonly<{ statements: readonly string[]; run: () => Promise<Initialised> }>

/** What makes the store ready in its bucket. @throws {OrdermillError} CONFIG_INVALID where the store is a file */
export function storeInit(config: Config): StoreInit {
  const { couchbase } = config
  if (!couchbase) {
    throw new OrdermillError(
      'CONFIG_INVALID',
      'the store is a file, which is made at the first start: set COUCHBASE_HOST',
    )
  }
  const options = couchbaseOptions({ ...config, couchbase }, 'service')
  return { statements: initStatements(options), run: () => initCouchbaseStore(options) }
}
