import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { recentTroubles } from '../../src/engine/recent-troubles.ts'
import { superviseServices } from '../../src/engine/supervise.ts'
import { OrdermillError } from '../../src/errors.ts'
import { createLogger } from '../../src/telemetry/logger.ts'
import { manualClock } from '../support/manual-clock.ts'

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

  // One without a right read nothing for ever, and said that it was running.
  it('are paused while the log has trouble with their group, and by themselves no longer when it stops', async () => {
    const { now, advance } = manualClock()
    const troubles = recentTroubles(now)
    const troubleOf = (service: string) => troubles.of(`${service}-group`)
    const { run, states } = superviseServices({ logger, sleep: () => Promise.resolve(), random: () => 0, troubleOf })
    const [fraud, payment] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()]
    const services = { fraud: () => fraud.promise, payment: () => payment.promise }
    const ended = run(new Map(Object.entries(services)), never)
    const running = ['fraud', 'payment'].map((name) => ({ name, state: 'running', detail: '' }))

    for (let attempt = 1; attempt <= 3; attempt += 1) {
      troubles.note({ group: 'payment-group', error: new OrdermillError('LOG_REFUSED', `refused ${attempt} times`) })
      advance(12_000)
      assert.deepEqual(states(), [
        { name: 'fraud', state: 'running', detail: '' },
        { name: 'payment', state: 'paused', detail: `refused ${attempt} times` },
      ])
    }
    advance(3_000)
    assert.deepEqual(states(), running)
    troubles.note({ group: 'payment-group', error: 'again' })
    fraud.resolve()
    payment.reject(new OrdermillError('STORE_AHEAD', 'ahead'))
    await ended
    assert.deepEqual(states(), [
      { name: 'fraud', state: 'stopped', detail: '' },
      { name: 'payment', state: 'failed', detail: 'ahead' },
    ])
  })
})
