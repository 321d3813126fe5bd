import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { couchbaseConnection } from '../../../src/adapters/couchbase/couchbase-connection.ts'
import { openKeyspaces } from '../../../src/adapters/couchbase/couchbase-keyspaces.ts'
import { openCouchbaseStore } from '../../../src/adapters/couchbase/couchbase-store.ts'
import { check } from '../../support/check-rig.ts'
import { bucketNames, freshBuckets, storeOptions } from '../../support/couchbase/open-store.ts'
import { couchbaseSuiteOptions, useMockServer } from '../../support/couchbase/suite.ts'
import { startWireProxy } from '../../support/couchbase/wire-proxy.ts'
import { orderRecord } from '../../support/order-json.ts'
import { openRig } from '../../support/pipeline-rig.ts'

describe('a full check of a Couchbase store', couchbaseSuiteOptions(), () => {
  const take = freshBuckets(useMockServer({ buckets: bucketNames(1) }))

  it('names a minute of the series that is not as the log says', async (t) => {
    const proxy = await startWireProxy(take())
    const options = storeOptions(proxy)
    const connection = couchbaseConnection(options)
    const store = openCouchbaseStore(options)
    t.after(async () => {
      await store.close()
      await connection.close()
      proxy.close()
    })
    const rig = await openRig({ store })
    const later = { created_at: '2026-01-03T03:04:05.678Z' }
    await rig.append(orderRecord(1), orderRecord(2), orderRecord(3, later))
    await rig.run('fraud', 'payment', 'analytics', 'views')
    assert.deepEqual((await check(t, rig)).differences, [])

    const { series } = openKeyspaces(connection, options)
    const [first] = [...proxy.documents()].filter(
      ([name, text]) => name.includes(':series:') && text.includes(',2,"2468"'),
    )
    const key = first?.[0].split(':series:')[1] ?? ''
    const stored = await series.get(key)
    assert.ok(stored, `a document ${key}`)
    await series.replace(key, stored.text.replace(',2,"2468"', ',3,"2468"'), stored.cas)
    assert.deepEqual((await check(t, rig)).differences, [
      {
        order_id: null,
        what: 'different',
        where: 'series at 2026-01-02T03:04Z, USD',
        expected: '2 orders, 24.68 USD',
        found: '3 orders, 24.68 USD',
      },
    ])
  })
})
