import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { openMemoryLog } from '../../src/adapters/memory/memory-log.ts'
import { createMissingTopics } from '../../src/compose/create-topics.ts'
import { topicSpecs } from '../../src/compose/topics.ts'
import { readConfig } from '../../src/config.ts'
import { hasCode, OrdermillError } from '../../src/errors.ts'
import type { Log } from '../../src/ports/log.ts'

const config = readConfig({})
const names = topicSpecs(config).map(({ name }) => name)

function withoutRights(log: Log): Log {
  const createTopics = () => Promise.reject(new OrdermillError('LOG_REFUSED', 'a right is missing'))
  return { ...log, createTopics }
}

describe('the topics of the system', () => {
  it('are created where they are missing, and left as they are elsewhere', async () => {
    const log = openMemoryLog()
    await log.createTopics([{ name: 'orders', partitions: 3, recordBytesMax: 100 }])
    const first = await createMissingTopics(log, config)
    assert.deepEqual(first[0], { name: 'orders', partitions: 3, created: false })
    assert.deepEqual([first.map(({ name }) => name), first.filter(({ created }) => created).length], [names, 13])
    assert.ok((await createMissingTopics(log, config)).every(({ created }) => !created))
  })

  it('need no right to be created when they are all there', async () => {
    const log = openMemoryLog()
    await createMissingTopics(log, config)
    await createMissingTopics(withoutRights(log), config)
  })

  it('are named when they are missing and may not be created', async () => {
    const log = openMemoryLog()
    await log.createTopics(topicSpecs(config).filter(({ name }) => name !== 'payments'))
    await assert.rejects(
      createMissingTopics(withoutRights(log), config),
      (error) =>
        hasCode(error, 'LOG_REFUSED') &&
        /not create them: payments \(1\), .*"ordermill topics create"/.test(error.message),
    )
  })
})
