import { describe } from 'node:test'
import { describeOrderStoreContract } from '../../contract/order-store.contract.ts'
import { bucketNames, freshBuckets, plainOpeners, searchableOpeners } from '../../support/couchbase/open-store.ts'
import { couchbaseSuiteOptions, useMockServer } from '../../support/couchbase/suite.ts'

describe('couchbase', couchbaseSuiteOptions(), () => {
  const take = freshBuckets(useMockServer({ buckets: bucketNames(150), jvm: ['-Xmx1g'] }))
  describeOrderStoreContract('mock', plainOpeners(take), { search: searchableOpeners(take) })
})
