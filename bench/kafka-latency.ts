import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { setTimeout } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { orderRecord } from '../src/codec/order-codec.ts'
import { paymentsTopic } from '../src/codec/payment-codec.ts'
import type { Log } from '../src/ports/log.ts'
import { openBenchLog } from './kafka-log.ts'
import { percentile, type Figure } from './report.ts'

const processFile = fileURLToPath(new URL('kafka-process.ts', import.meta.url))
const ordersPerSecond = 1_000
const ordersPerTick = 10
const seconds = 18
/** A process that has just started compiles its hot paths first: those samples are left out. */
const warmUpMs = 3_000
const total = ordersPerSecond * seconds

/** From producing an order to its payment in the hands of a reader of committed records, in another process, at a steady rate. */
export async function benchKafkaLatency(bootstrap: string): Promise<readonly Figure[]> {
  const log = openBenchLog(bootstrap)
  const topic = `latency-${process.pid}`
  await log.createTopics([{ name: topic, partitions: 6, recordBytesMax: 1_000_000 }])
  const args = [processFile, bootstrap, String(total), '0', 'memory', topic, 'payment']
  const payment = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', ...args], {
    stdio: ['ignore', 'ignore', 'inherit'],
  })
  try {
    const samples = await measure(log, topic)
    const figure = (name: string, share: number): Figure => ({
      bench: 'kafka',
      figure: name,
      value: percentile(samples, share),
      unit: 'ms',
    })
    return [
      figure(`produce to committed payment at ${ordersPerSecond} orders/s, warmed up, no gateway time: p50`, 0.5),
      figure('  p99', 0.99),
    ]
  } finally {
    payment.kill()
    if (payment.exitCode === null && payment.signalCode === null) await once(payment, 'exit')
    await log.close()
  }
}

async function measure(log: Log, topic: string): Promise<readonly number[]> {
  const sentMs = new Map<string, number>()
  const samples: number[] = []
  const end = new AbortController()
  const startMs = performance.now()
  const following = follow(log, end.signal, (id) => {
    const atMs = sentMs.get(id)
    sentMs.delete(id)
    if (atMs !== undefined && atMs - startMs >= warmUpMs) samples.push(performance.now() - atMs)
  })
  const appends: Promise<unknown>[] = []
  for (let sent = 0; sent < total; sent += ordersPerTick) {
    await setTimeout(Math.max(0, startMs + (sent / ordersPerSecond) * 1000 - performance.now()))
    for (let index = 0; index < ordersPerTick; index += 1) {
      const id = firstId + sent + index
      sentMs.set(String(id), performance.now())
      appends.push(log.append([orderRecord(topic, orderJson(id), id, `bench/${id}`)]))
    }
  }
  await Promise.all(appends)
  while (sentMs.size > 0) await setTimeout(10)
  end.abort()
  await following
  return samples
}

/** Above those of the other measurements, whose payments are in the same topic. */
const firstId = 1_000_000_000

function orderJson(id: number): string {
  const made = { order_id: id, customer_id: 1_000, amount: 10.5, currency: 'USD', country: 'US', status: 'CREATED' }
  return JSON.stringify({ ...made, created_at: '2026-01-01T00:00:00Z', source: 'order-service' })
}

async function follow(log: Log, signal: AbortSignal, onPaid: (id: string) => void): Promise<void> {
  const group = `bench-latency-${process.pid}`
  const partitions = (await log.topics()).find(({ name }) => name === paymentsTopic)?.partitions ?? []
  await log.seek(
    group,
    partitions.map(({ partition, end: offset }) => ({ topic: paymentsTopic, partition, offset })),
  )
  const subscription = { group, topics: [paymentsTopic], recordsMax: 10_000, bytesMax: 10_000_000 }
  await log.transform(
    subscription,
    ({ slices }) => {
      for (const { records } of slices) for (const { key } of records) onPaid(Buffer.from(key ?? []).toString())
      return Promise.resolve([])
    },
    signal,
  )
}
