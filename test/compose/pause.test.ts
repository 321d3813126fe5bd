import assert from 'node:assert/strict'
import { it } from 'node:test'
import { openEngine, type Engine } from '../../src/compose/engine.ts'
import { servicesHealth } from '../../src/compose/health.ts'
import { readConfig } from '../../src/config.ts'
import { auditPage } from '../../src/operations/audit.ts'
import { setPaused } from '../../src/operations/group-control.ts'
import { operationsLog } from '../../src/operations/operations-log.ts'
import { createLogger } from '../../src/telemetry/logger.ts'
import { createMetrics } from '../../src/telemetry/metrics.ts'
import { readTopic } from '../support/log-harness.ts'
import { jsonOf, orderRecord } from '../support/order-json.ts'
import { tempDir } from '../support/temp.ts'
import { waitFor } from '../support/wait-for.ts'

const group = 'payments-group'

it('a pause holds over a restart, and when it ends every order is paid once', async (t) => {
  const config = readConfig({ ORDERMILL_DATA_DIR: await tempDir(t), ORDERMILL_GATEWAY_LATENCY_MS: '0' })
  const telemetry = {
    logger: createLogger({ level: 'silent', pretty: false }),
    metrics: createMetrics({ processMetrics: false }),
  }
  const start = async () => {
    const engine = await openEngine(config, telemetry)
    const end = new AbortController()
    const running = engine.run(end.signal)
    const stop = async () => {
      end.abort()
      await running
      await engine.close()
    }
    return { engine, stop }
  }
  const append = ({ log }: Engine, from: number, count: number) =>
    log.append(Array.from({ length: count }, (_, index) => orderRecord(from + index)))
  const control = ({ log }: Engine, paused: boolean) =>
    setPaused({ log, operations: operationsLog(log), clock: Date.now }, { group, paused, principal: 'test' })
  const paid = async ({ log }: Engine) => (await readTopic(log, 'payments')).map((record) => jsonOf(record)['order_id'])
  const untilPaused = ({ services }: Engine) =>
    waitFor('payment rests', () => services().some(({ state }) => state === 'paused_by_operator'))
  const untilCounted = ({ store }: Engine, count: number) =>
    waitFor(`${count} are counted`, async () => (await store.totals()).totals.overall.orderCount === count)

  const first = await start()
  await append(first.engine, 1, 20)
  await waitFor('20 are paid', async () => (await paid(first.engine)).length === 20)
  await control(first.engine, true)
  await untilPaused(first.engine)
  await append(first.engine, 21, 10)
  await untilCounted(first.engine, 30)
  assert.deepEqual(await first.engine.log.members(group), [])
  const health = await servicesHealth(first.engine.services())
  assert.deepEqual(
    health.find(({ name }) => name === 'payment'),
    { name: 'payment', ok: true, detail: 'paused by an operator' },
  )
  await first.stop()

  const { engine, stop } = await start()
  await untilPaused(engine)
  await append(engine, 31, 5)
  await untilCounted(engine, 35)
  assert.equal((await paid(engine)).length, 20)
  await control(engine, true)
  await control(engine, false)
  await waitFor('all are paid', async () => (await engine.log.lag(group)).every(({ lagRecords }) => lagRecords === 0))
  const everyOne = Array.from({ length: 35 }, (_, index) => index + 1)
  assert.deepEqual(new Set(await paid(engine)), new Set(everyOne))
  assert.equal((await paid(engine)).length, 35)
  assert.ok(engine.services().every(({ state }) => state === 'running'))
  const { entries } = await auditPage(engine.log, { limit: 10 })
  const said = entries.map(({ operation }) => operation.kind === 'action' && [operation.action, operation.target])
  assert.deepEqual(said, [
    ['resume', group],
    ['pause', group],
  ])
  await stop()
})
