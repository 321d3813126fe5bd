import assert from 'node:assert/strict'
import { it } from 'node:test'
import { openEngine } from '../../src/compose/engine.ts'
import { readConfig } from '../../src/config.ts'
import { findJob } from '../../src/operations/jobs.ts'
import { operationsLog } from '../../src/operations/operations-log.ts'
import { requestRedrive } from '../../src/operations/request-redrive.ts'
import { createLogger } from '../../src/telemetry/logger.ts'
import { createMetrics } from '../../src/telemetry/metrics.ts'
import { rawRecord } from '../support/order-json.ts'
import { tempDir } from '../support/temp.ts'
import { waitFor } from '../support/wait-for.ts'

/** Of each of the three groups; 33,400 are more than 100,000 in all and take half a minute. */
const lettersEach = Number(process.env['ORDERMILL_TEST_LETTERS_EACH'] ?? 3_400)
const chunk = 1_000
/** Of the engine with all services: 230 MB were measured for 10,200 letters, 300 MB for 100,200. */
const heapBytesMax = 450 * 1024 * 1024
const secondsMax = 60

it('a redrive of thousands takes bounded memory and time, and marks every letter', async (t) => {
  const config = readConfig({ ORDERMILL_DATA_DIR: await tempDir(t), ORDERMILL_GATEWAY_LATENCY_MS: '0' })
  const logger = createLogger({ level: 'silent', pretty: false })
  const engine = await openEngine(config, { logger, metrics: createMetrics({ processMetrics: false }) })
  const { log, store } = engine
  const end = new AbortController()
  const running = engine.run(end.signal)
  t.after(async () => {
    end.abort()
    await running
    await engine.close()
  })
  const noOrder = `{"order_id":1,"amount":"${'x'.repeat(200)}"}`
  for (let first = 0; first < lettersEach; first += chunk) {
    const count = Math.min(chunk, lettersEach - first)
    await log.append(Array.from({ length: count }, (_, index) => rawRecord(noOrder, `${first + index}`)))
  }
  const letters = 3 * lettersEach
  await waitFor('every letter is listed', async () => (await store.viewCounts()).deadLetters === letters)

  let heapBytes = 0
  const sampling = setInterval(() => {
    const { heapUsed, external } = process.memoryUsage()
    heapBytes = Math.max(heapBytes, heapUsed + external)
  }, 10)
  const operations = operationsLog(log)
  const deps = { log, store, operations, clock: Date.now, redrive: { topic: 'orders', redrivesMax: 3 } }
  const spec = { kind: 'redrive', filter: {}, limit: 10_000_000, quarantined: false } as const
  const startedMs = performance.now()
  const { id } = await requestRedrive(deps, { principal: 'test', key: undefined, spec })
  await waitFor('the job is done', async () => (await findJob(operations, id)).state === 'done')
  const seconds = (performance.now() - startedMs) / 1000
  clearInterval(sampling)

  const { progress } = await findJob(operations, id)
  assert.deepEqual([progress.done, progress.total, progress.detail], [letters, letters, `${letters} redriven`])
  assert.equal((await store.viewCounts()).redriven, letters)
  assert.ok(seconds < secondsMax, `${seconds} s`)
  assert.ok(heapBytes < heapBytesMax, `${Math.round(heapBytes / 1e6)} MB`)
})
