import { setTimeout } from 'node:timers/promises'
import { percentile, type Figure } from './report.ts'
import { withServer } from './served.ts'
import { withDataDir } from './workspace.ts'

const ordersPerSecond = 1_000
const ordersPerRequest = 10
const seconds = 18
/** A server that has just started compiles its hot paths first: those samples are left out. */
const warmUpMs = 3_000
const countries = ['US', 'CA', 'DE', 'IN', 'GB', 'FR', 'CN', 'BR']

type Waiting = { startMs: number; positions: { partition: number; offset: number }[] }

/** From sending an order to the live event whose totals include it, at a steady rate. */
export async function benchLatency(): Promise<readonly Figure[]> {
  const samples = await withDataDir((dataDir) => withServer(dataDir, {}, ({ url }) => measure(url)))
  const figure = (name: string, share: number): Figure => ({
    bench: 'latency',
    figure: name,
    value: percentile(samples, share),
    unit: 'ms',
  })
  return [figure(`append to live event at ${ordersPerSecond} orders/s, warmed up: p50`, 0.5), figure('  p99', 0.99)]
}

async function measure(url: string): Promise<readonly number[]> {
  const waiting = new Set<Waiting>()
  const samples: number[] = []
  const end = new AbortController()
  const startMs = performance.now()
  const following = follow(url, end.signal, (asOf) => {
    for (const request of waiting) {
      if (!request.positions.every(({ partition, offset }) => offset < (asOf[partition] ?? 0))) continue
      if (request.startMs - startMs >= warmUpMs) samples.push(performance.now() - request.startMs)
      waiting.delete(request)
    }
  })
  const requests: Promise<void>[] = []
  for (let sent = 0; sent < ordersPerSecond * seconds; sent += ordersPerRequest) {
    await setTimeout(Math.max(0, startMs + (sent / ordersPerSecond) * 1000 - performance.now()))
    requests.push(post(url, waiting))
  }
  await Promise.all(requests)
  while (waiting.size > 0) await setTimeout(10)
  end.abort()
  await following
  return samples
}

async function post(url: string, waiting: Set<Waiting>): Promise<void> {
  const orders = Array.from({ length: ordersPerRequest }, (_, index) => ({
    customer_id: 1_000 + index,
    amount: (1_001 + index) / 100,
    currency: 'USD',
    country: countries[index % countries.length],
  }))
  const request: Waiting = { startMs: performance.now(), positions: [] }
  const response = await fetch(`${url}/api/v1/orders`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ orders }),
  })
  if (response.status !== 202) throw new Error(`POST answered ${response.status}: ${await response.text()}`)
  const body = (await response.json()) as { orders: { partition: number; offset: number }[] }
  request.positions = body.orders
  waiting.add(request)
}

async function follow(
  url: string,
  signal: AbortSignal,
  onTotals: (asOf: Record<number, number>) => void,
): Promise<void> {
  const response = await fetch(`${url}/api/v1/stream`, { signal })
  if (!response.body) throw new Error('the stream has no body')
  let text = ''
  try {
    for await (const chunk of response.body.pipeThrough(new TextDecoderStream())) {
      text += chunk
      const events = text.split('\n\n')
      text = events.pop() ?? ''
      for (const event of events) {
        const data = /^data: (.*)$/m.exec(event)?.[1]
        if (data === undefined) continue
        const snapshot = JSON.parse(data) as { totals?: { as_of: Record<string, Record<number, number>> } }
        onTotals(snapshot.totals?.as_of['orders'] ?? {})
      }
    }
  } catch (error) {
    if (!signal.aborted) throw error
  }
}
