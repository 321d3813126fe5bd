import { Presets, SingleBar } from 'cli-progress'
import { setTimeout } from 'node:timers/promises'
import { OrdermillError } from '../errors.ts'
import { parseDocument, textAt, type Document } from './document.ts'
import type { HttpApi } from './http-api.ts'

const pollMs = 200
const ended: ReadonlySet<string> = new Set(['done', 'failed', 'cancelled'])

/**
 * Resolves with the job when it has ended, and shows on a terminal how far it is. It goes on whether it is looked at or not.
 *
 * @throws {OrdermillError} INTERRUPTED
 */
export async function followJob({ get }: Pick<HttpApi, 'get'>, id: string, signal: AbortSignal): Promise<Document> {
  using bar = openJobBar()
  for (;;) {
    const job = parseDocument(await get(`/api/v1/jobs/${encodeURIComponent(id)}`))
    bar.show(job)
    if (ended.has(textAt(job, 'state'))) return job
    await setTimeout(pollMs, undefined, { signal }).catch(() => {})
    if (signal.aborted) throw goesOn(id)
  }
}

type JobBar = Readonly<{ show: (job: Document) => void }> & Disposable

/** On a terminal alone, and on stderr, so that stdout holds the result and nothing else. */
function openJobBar(): JobBar {
  if (!process.stderr.isTTY) return { show: () => {}, [Symbol.dispose]: () => {} }
  const format = '{bar} {value} of {of} {unit}  {left}'
  const bar = new SingleBar({ format, stream: process.stderr, hideCursor: true }, Presets.shades_classic)
  bar.start(1, 0, { of: '?', unit: '', left: '' })
  return {
    show(job) {
      const [done, total, secondsLeft] = ['done', 'total', 'seconds_left'].map((name) => textAt(job, name))
      bar.setTotal(Math.max(Number(total), Number(done), 1))
      const left = secondsLeft ? `${Math.ceil(Number(secondsLeft))} s left` : ''
      bar.update(Number(done), { of: total || '?', unit: textAt(job, 'unit'), left })
    },
    [Symbol.dispose]: () => bar.stop(),
  }
}

function goesOn(id: string): OrdermillError {
  return new OrdermillError(
    'INTERRUPTED',
    `job ${id} goes on: "ordermill jobs" shows how far it is, "ordermill jobs cancel ${id}" ends it`,
  )
}
