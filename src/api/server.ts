import { setTimeout } from 'node:timers/promises'
import { fastify, LogController } from 'fastify'
import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox'
import { guard } from './security.ts'
import type { App } from './app.ts'
import type { RequestDone, ServerDeps } from './deps.ts'
import { openLagWatch } from '../operations/lag-watch.ts'
import { journeyReader } from '../operations/journey-reader.ts'
import { operationsLog } from '../operations/operations-log.ts'
import { newReconciler } from '../operations/reconciler.ts'
import { newExports } from './export-stream.ts'
import { newOrderIntake } from './intake.ts'
import { jsonBody } from './json-body.ts'
import { defaultApiLimits, type ApiLimits } from './limits.ts'
import { collectOpenapi, openapiRoutes } from './openapi.ts'
import { servePage } from './page.ts'
import { pipelineSampler } from './pipeline-sampler.ts'
import { reconciliationSampler } from './reconciliation-sampler.ts'
import { problemOf, sendProblem, toOrdermillError } from './problem.ts'
import { refuseMalformed } from './refuse-malformed.ts'
import { analyticsRoutes } from './routes/analytics-routes.ts'
import { deadLetterRoutes } from './routes/dead-letter-routes.ts'
import { jobRoutes } from './routes/job-routes.ts'
import { exportRoutes } from './routes/export-routes.ts'
import { groupRoutes } from './routes/group-routes.ts'
import { maintenanceRoutes } from './routes/maintenance-routes.ts'
import { healthRoutes } from './routes/health-routes.ts'
import { journeyRoutes } from './routes/journey-routes.ts'
import { listRoutes } from './routes/list-routes.ts'
import { orderRoutes } from './routes/order-routes.ts'
import { paymentRoutes } from './routes/payment-routes.ts'
import { postOrderRoutes } from './routes/post-order-routes.ts'
import { reconciliationRoutes } from './routes/reconciliation-routes.ts'
import { recordRoutes } from './routes/record-routes.ts'
import { redriveRoutes } from './routes/redrive-routes.ts'
import { sessionRoutes } from './routes/session-routes.ts'
import { streamRoutes } from './routes/stream-routes.ts'
import { systemRoutes } from './routes/system-routes.ts'
import { totalsRoutes } from './routes/totals-routes.ts'
import { snapshotSource } from './snapshot-source.ts'
import { newStreamHub } from './stream-hub.ts'
import { newTicker } from './ticker.ts'
import { totalsReader } from './totals-view.ts'
import { validatorCompiler } from './validator.ts'
import { verdictReader } from './verdicts.ts'
import { newWaiters } from './waiters.ts'

/** The HTTP server with every route, not listening yet: see `listen`. */
export async function buildServer(deps: ServerDeps): Promise<App> {
  const { staticDir, system, onRequestDone } = deps
  const { app, limits } = await newGuardedApp(deps)
  if (onRequestDone) reportRequests(app, onRequestDone)
  await collectOpenapi(app, (await system()).version)
  registerRoutes(app, deps, limits)
  openapiRoutes(app)
  await servePage(app, staticDir)
  await app.ready()
  return app
}

type AppDeps = Pick<ServerDeps, 'settings' | 'logger'>

/** A server without a route, which lets in whom the settings name and nobody else. In an object: awaiting it would start it. */
export async function newGuardedApp(deps: AppDeps): Promise<Readonly<{ app: App; limits: ApiLimits }>> {
  const limits = { ...defaultApiLimits, ...deps.settings.limits }
  const app = newApp(deps, limits)
  app.setValidatorCompiler(validatorCompiler)
  // Not fast-json-stringify: sums are raw JSON numbers, which JSON.stringify alone writes with all their digits.
  app.setSerializerCompiler(() => JSON.stringify)
  app.setErrorHandler(sendProblem)
  app.removeAllContentTypeParsers()
  app.addContentTypeParser('application/json', { parseAs: 'buffer' }, (_request, body, done) => jsonBody(body, done))
  await guard(app, deps.settings, limits)
  return { app, limits }
}

function newApp({ logger, settings }: AppDeps, limits: ApiLimits): App {
  const { headersTimeoutMs, timeoutCheckMs, headerBytesMax, connectionsMax } = limits
  const app = fastify({
    ...(logger ? { loggerInstance: logger } : {}),
    // One line a request would be most of the log; durations are in the metrics.
    logController: new LogController({ disableRequestLogging: true }),
    bodyLimit: limits.bodyBytesMax,
    requestTimeout: limits.requestTimeoutMs,
    keepAliveTimeout: limits.keepAliveTimeoutMs,
    // Hangs up on whoever does not read its answer, which would stay in memory.
    connectionTimeout: limits.stallTimeoutMs,
    http: {
      headersTimeout: headersTimeoutMs,
      connectionsCheckingInterval: timeoutCheckMs,
      maxHeaderSize: headerBytesMax,
    },
    forceCloseConnections: 'idle',
    // What still arrives while the server stops is answered; Fastify's own refusal would be no problem document.
    return503OnClosing: false,
    // Hop 0 is the socket's own address: the nearest proxy, if there is one.
    trustProxy: (_address: string, hop: number) => hop < settings.trustedProxies,
    routerOptions: { maxParamLength: 1024 },
    clientErrorHandler: refuseMalformed,
    frameworkErrors: (error, request, reply) => void sendProblem(error, request, reply),
  }).withTypeProvider<TypeBoxTypeProvider>()
  app.server.maxConnections = connectionsMax
  return app
}

function registerRoutes(app: App, deps: ServerDeps, limits: ApiLimits): void {
  const { store, log, clock, settings, system } = deps
  const ticker = newTicker(limits.streamTickMs)
  const readTotals = totalsReader(store, settings.baseCurrency)
  const operations = deps.operations ?? operationsLog(log)
  const lagWatch = deps.lagWatch ?? openLagWatch({ log, operations, clock, stuckMs: settings.stuckSeconds * 1000 })
  const pipeline = pipelineSampler({
    log,
    lagWatch,
    everyMs: limits.pipelineEveryMs,
    itemsMax: limits.pipelineItemsMax,
  })
  const look = newReconciler({
    log,
    store,
    topic: settings.inputTopic,
    hasGaps: settings.offsetsHaveGaps,
    pause: setTimeout,
  })
  const reconciliation = reconciliationSampler(look, limits.pipelineEveryMs)
  const snapshot = snapshotSource({ store, totals: readTotals, pipeline, reconciliation, clock })
  const hub = newStreamHub({ ticker, snapshot, problemOf: streamProblem, limits })
  const waiters = newWaiters({ ticker, totals: readTotals, waitersMax: limits.waitersMax })
  const exports = newExports(limits.exportsMax)
  const submit = newOrderIntake({
    log,
    store,
    clock,
    topic: settings.inputTopic,
    keysInFlightMax: limits.keysInFlightMax,
  })
  app.addHook('preClose', (done) => {
    hub.close()
    waiters.close()
    exports.close()
    done()
  })
  healthRoutes(app, deps)
  analyticsRoutes(app, deps)
  totalsRoutes(app, { store, clock, readTotals })
  orderRoutes(app, deps)
  journeyRoutes(app, { read: journeyReader({ log, store, topic: settings.inputTopic }) })
  void app.register((scope, _options, done) => {
    postOrderRoutes(scope, { submit, waiters, verdicts: verdictReader({ log, store }) })
    done()
  })
  listRoutes(app, deps)
  paymentRoutes(app, { log, operations, store, clock, topic: settings.inputTopic }, limits.keysInFlightMax)
  deadLetterRoutes(app, deps)
  exportRoutes(app, { ...deps, exports, limits })
  systemRoutes(app, { log, clock, systemInfo: system })
  groupRoutes(app, { log, store, clock, operations, lagWatch })
  recordRoutes(app, { log })
  jobRoutes(app, { log, clock, operations })
  maintenanceRoutes(app, { log, store, clock, operations, topic: settings.inputTopic })
  reconciliationRoutes(app, { look, operations, clock })
  const redrive = { topic: settings.inputTopic, redrivesMax: settings.redrivesMax }
  redriveRoutes(app, { log, store, clock, operations, redrive, orders: settings.orderRules })
  sessionRoutes(app, { tokens: settings.tokens, loginsPerMinuteMax: limits.loginsPerMinuteMax })
  streamRoutes(app, { hub })
}

function streamProblem(error: unknown) {
  return problemOf(toOrdermillError(error, { id: 'stream' }), { instance: '/api/v1/stream' })
}

function reportRequests(app: App, done: RequestDone): void {
  app.addHook('onResponse', ({ routeOptions, method }, { statusCode, elapsedTime }, next) => {
    if (routeOptions.config.isLongLived !== true)
      done(routeOptions.url ?? 'unknown', method, statusCode, elapsedTime / 1000)
    next()
  })
}
