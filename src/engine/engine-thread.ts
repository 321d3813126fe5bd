import { once } from 'node:events'
import { Worker } from 'node:worker_threads'
import type { DemoOptions } from '../compose/engine.ts'
import type { Config } from '../config.ts'
import type { GatewayAccess } from '../config/read-gateway.ts'
import type { KafkaAccess } from '../config/read-kafka.ts'
import { Sealed } from '../config/sealed.ts'
import type { LoggerOptions } from '../telemetry/logger.ts'
import { callsTo } from './calls.ts'
import type { EngineMethods } from './engine-methods.ts'

export type EngineData = Readonly<{
  config: Config
  loggerOptions: LoggerOptions
  /** Whether the services run; without them records are only appended. */
  services: boolean
  demo: DemoOptions | undefined
}>

/**
 * A batch's objects live as long as its transaction. V8 left alone lets this space grow until hundreds of megabytes of dead
 * batches wait for a full collection; less than this promotes batches that are still at work (decision 6).
 */
const youngGenerationMaxMb = 48

/** The engine in a thread of its own: its transactions wait for the disk, and the API must not wait with them. */
export type EngineThread = EngineMethods & Readonly<{ ended: Promise<Error | undefined> }>

/** @throws {OrdermillError} whatever the engine can't open for; the thread has ended then */
export async function startEngineThread(data: EngineData): Promise<EngineThread> {
  const worker = new Worker(new URL('worker.ts', import.meta.url), {
    workerData: unsealed(data),
    resourceLimits: { maxYoungGenerationSizeMb: youngGenerationMaxMb },
  })
  const ended = endOf(worker)
  const call = callsTo(worker)
  const method =
    (name: keyof EngineMethods) =>
    (...args: readonly unknown[]) =>
      call(name, args)
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- what crosses threads can't be checked here
  const methods = {
    append: method('append'),
    members: method('members'),
    seek: method('seek'),
    reserveOrderIds: method('reserveOrderIds'),
    noteOrderIds: method('noteOrderIds'),
    remember: method('remember'),
    complete: method('complete'),
    services: method('services'),
    metricsText: method('metricsText'),
    ready: method('ready'),
    stop: method('stop'),
  } as EngineMethods
  try {
    await methods.ready()
  } catch (error) {
    await worker.terminate()
    throw error
  }
  return { ...methods, ended }
}

/** What a thread is started with is copied, and what is sealed can't be. */
export type UnsealedData = Readonly<{
  data: Omit<EngineData, 'config'>
  config: Config
  access: KafkaAccess | undefined
  storePassword: string | undefined
  gatewayAccess: GatewayAccess | undefined
}>

export function unsealed({ config, ...data }: EngineData): UnsealedData {
  const { kafka, couchbase, gateway } = config
  return {
    data,
    config,
    access: kafka?.access.reveal(),
    storePassword: couchbase?.password.reveal(),
    gatewayAccess: gateway?.access.reveal(),
  }
}

export function sealedAgain({ data, config, access, storePassword, gatewayAccess }: UnsealedData): EngineData {
  const kafka = config.kafka && access && { ...config.kafka, access: new Sealed(access) }
  const isStored = config.couchbase && storePassword !== undefined
  const couchbase = isStored ? { ...config.couchbase, password: new Sealed(storePassword) } : undefined
  const gateway = config.gateway && gatewayAccess && { ...config.gateway, access: new Sealed(gatewayAccess) }
  return { ...data, config: { ...config, kafka, couchbase, gateway } }
}

/** `stop` ends the thread with code 0; anything else is a crash, and an uncaught error says why. */
async function endOf(worker: Worker): Promise<Error | undefined> {
  try {
    const exit: readonly unknown[] = await once(worker, 'exit')
    const [code] = exit
    return code === 0 ? undefined : new Error(`its thread exited with code ${String(code)}`)
  } catch (error) {
    return error instanceof Error ? error : new Error(String(error))
  }
}
