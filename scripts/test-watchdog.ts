/**
 * Loaded into the process of every test file. A file that leaves a server, timer, worker or child process behind
 * would keep its process, and so the run, alive for ever: name what is open and fail instead.
 */
import { isMainThread } from 'node:worker_threads'

/** Above the limit of a test, which says more. */
const fileLimitMs = 620_000

// Workers and forked processes inherit --import; only the test file's own process is watched.
if (isMainThread && process.argv[1]?.endsWith('.test.ts')) setTimeout(giveUp, fileLimitMs).unref()

function giveUp(): void {
  const open = process.getActiveResourcesInfo().join(', ')
  process.stderr.write(`${process.argv[1]} is not done after ${fileLimitMs} ms. Open: ${open}\n`)
  process.exit(1)
}
