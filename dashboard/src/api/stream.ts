import type { Problem, Snapshot } from '../../../src/api/contract.ts'
import { parseExact } from '../exact.ts'
import { isProblem } from './client.ts'

/** Longest pause between two attempts, and the first one. */
const pauseMsMax = 10_000
const pauseMsMin = 1_000

export type StreamListener = Readonly<{
  open: () => void
  lost: () => void
  snapshot: (snapshot: Snapshot) => void
  problem: (problem: Problem) => void
}>

/**
 * Listens until closed. A connection that breaks is taken up again by EventSource itself, with Last-Event-ID; an answer
 * that isn't a stream (5xx of a server that starts, a proxy's page) ends an EventSource for good, so a new one is made.
 */
export function openStream(url: string, listener: StreamListener): Readonly<{ close: () => void }> {
  let source: EventSource | undefined
  let timer: ReturnType<typeof setTimeout> | undefined
  let failures = 0

  function connect(): void {
    const opened = new EventSource(url)
    source = opened
    opened.addEventListener('open', () => {
      failures = 0
      listener.open()
    })
    opened.addEventListener('snapshot', (event) => {
      listener.snapshot(parseSnapshot(event.data))
    })
    opened.addEventListener('problem', (event) => {
      const problem = parse(event.data)
      if (isProblem(problem)) listener.problem(problem)
    })
    opened.addEventListener('error', () => {
      listener.lost()
      if (opened.readyState === EventSource.CLOSED) timer = setTimeout(connect, pauseMs(failures++))
    })
  }

  connect()
  return {
    close() {
      clearTimeout(timer)
      source?.close()
    },
  }
}

/** Doubles with each failure; jittered, so that a hundred open pages don't come back in the same instant. */
function pauseMs(failures: number): number {
  const longest = Math.min(pauseMsMax, pauseMsMin * 2 ** failures)
  return longest / 2 + (Math.random() * longest) / 2
}

function parse(data: unknown): unknown {
  return typeof data === 'string' ? parseExact(data) : undefined
}

function parseSnapshot(data: unknown): Snapshot {
  // The server writes it by the schema that this type comes from.
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion
  return parse(data) as Snapshot
}
