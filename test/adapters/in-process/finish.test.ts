import assert from 'node:assert/strict'
import { once } from 'node:events'
import { it } from 'node:test'
import { openMemoryLog } from '../../../src/adapters/memory/memory-log.ts'

// A gateway that hangs kept the batch, and with it the process, until the platform killed it.
it('gives a batch up that does not finish within the grace time of a stop, and commits nothing of it', async (t) => {
  const log = openMemoryLog({ sleep: () => Promise.resolve() })
  t.after(() => log.close())
  await log.createTopics([{ name: 'in', partitions: 1, recordBytesMax: 1_000 }])
  await log.append([{ topic: 'in', key: null, value: new Uint8Array() }])
  const stop = new AbortController()
  const subscription = { group: 'g', topics: ['in'], recordsMax: 10, bytesMax: 1_000 }
  await log.transform(
    subscription,
    async ({ signal }) => {
      const given = once(signal, 'abort')
      stop.abort()
      await given
      throw new Error('given up')
    },
    stop.signal,
  )
  const [lag] = await log.lag('g')
  assert.equal(lag?.committed, null)
})
