import { randomUUID } from 'node:crypto'
import { systemRuntime } from '../adapters/in-process/runtime.ts'
import type { Config } from '../config.ts'
import { seededRandom } from '../domain/random.ts'
import { runProducer, type ProducerOptions } from '../services/producer.ts'

/** Where made-up orders go. */
export type ProducerSink = Pick<ProducerOptions, 'log' | 'intake'>
export type ProduceOptions = Pick<ProducerOptions, 'count' | 'onAcknowledged'> & Readonly<{ seed?: number }>

/** The contract's producer on any sink, until `count` or the signal; resolves when all orders are acknowledged. */
export function produceOrders(
  { topic, sleepSeconds }: Pick<Config, 'topic' | 'sleepSeconds'>,
  sink: ProducerSink,
  { seed, ...options }: ProduceOptions,
  signal: AbortSignal,
): Promise<void> {
  const { now, sleep, random } = systemRuntime
  return runProducer(
    {
      ...sink,
      ...options,
      topic,
      run: randomUUID(),
      random: seed === undefined ? random : seededRandom(seed),
      now,
      sleep,
      sleepMs: sleepSeconds * 1000,
    },
    signal,
  )
}
