import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { brokersKnownAt } from '../support/kafka/brokers-known-at.ts'
import { startCluster } from '../support/kafka/broker.ts'
import { readCommitted } from '../support/kafka/committed-reader.ts'
import { kafkaSuiteOptions } from '../support/kafka/suite.ts'
import { waitFor } from '../support/wait-for.ts'
import { createTopic, send } from './client.ts'

describe('a cluster for tests', kafkaSuiteOptions({ ownBroker: true }), () => {
  it('goes on with a broker killed, and takes it back', async (t) => {
    const cluster = await startCluster(3)
    t.after(() => cluster.stop())
    const [first, second] = cluster.brokers
    assert.ok(first && second)
    await createTopic(cluster.bootstrap, 'replicated')
    await first.kill()
    await waitFor('it is missed', async () => (await brokersKnownAt(second.port)).length === 2)
    await send(second.bootstrap, 'replicated', 'without the first')
    await first.restart()
    const [record] = await readCommitted(first.bootstrap, ['replicated'])
    assert.equal(String(record?.value), 'without the first')
  })
})
