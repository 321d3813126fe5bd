import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { superviseServices } from '../../src/engine/supervise.ts'
import { OrdermillError } from '../../src/errors.ts'
import { createLogger } from '../../src/telemetry/logger.ts'

const logger = createLogger({ level: 'silent', pretty: false })
const supervisor = () => superviseServices({ logger, sleep: () => Promise.resolve(), random: () => 0 })
const never = new AbortController().signal

describe('supervised services', () => {
  // The producer ended for good when the store was away for a moment.
  it('are started again after an error that may pass', async () => {
    const { run, states } = supervisor()
    const seen: unknown[] = []
    const producer = (): Promise<void> => {
      seen.push(states()[0]?.state)
      return seen.length < 3 ? Promise.reject(new OrdermillError('STORE_UNAVAILABLE', 'away')) : Promise.resolve()
    }
    await run(new Map([['producer', producer]]), never)
    assert.deepEqual(seen, ['running', 'running', 'running'])
    assert.deepEqual(states(), [{ name: 'producer', state: 'stopped', detail: '' }])
  })

  it('stay ended after one that no retry can mend, and the others go on', async () => {
    const { run, states } = supervisor()
    const services = new Map([
      ['payment', () => Promise.reject(new OrdermillError('STORE_AHEAD', 'the store is ahead'))],
      ['fraud', () => Promise.resolve()],
    ])
    await run(services, never)
    assert.deepEqual(states(), [
      { name: 'payment', state: 'failed', detail: 'the store is ahead' },
      { name: 'fraud', state: 'stopped', detail: '' },
    ])
  })
})
