import { parentPort, workerData } from 'node:worker_threads'
import { openEngine } from '../compose/engine.ts'
import { createLogger } from '../telemetry/logger.ts'
import { createMetrics } from '../telemetry/metrics.ts'
import { serveCalls } from './calls.ts'
import { engineMethods, type EngineMethods } from './engine-methods.ts'
import { sealedAgain, type EngineData, type UnsealedData } from './engine-thread.ts'

/** Entry of the engine's thread: the log's and store's writer with all services. It ends when it is told to stop. */
if (!parentPort) throw new Error('this file is the entry of a worker thread')
const port = parentPort
// oxlint-disable-next-line typescript/no-unsafe-type-assertion -- copied from the thread that started this one
serveCalls(port, open(sealedAgain(workerData as UnsealedData)))

async function open({ config, loggerOptions, services, demo }: EngineData): Promise<EngineMethods> {
  const logger = createLogger(loggerOptions)
  const metrics = createMetrics({ processMetrics: false })
  const engine = await openEngine(config, { logger, metrics })
  const end = new AbortController()
  const running = services ? engine.run(end.signal, demo) : undefined
  return engineMethods(engine, config.topic, {
    metricsText: metrics.text,
    async stop() {
      end.abort()
      await running
      await engine.close()
      // After the reply to this call.
      setImmediate(() => port.close())
    },
  })
}
