import { subscribe } from 'node:diagnostics_channel'

/** Keys of the requests that end a commit: of a transaction, and of offsets alone. */
const endTxn = 26
const offsetCommit = 8

const channel = 'tracing:plt:kafka:connections:api'

/** Tells of this process's commits, at the moment before the last request of one is written to its socket, and after it. */
export function watchCommits({
  amidCommit,
  commitSent,
}: Readonly<Record<'amidCommit' | 'commitSent', () => void>>): void {
  subscribe(`${channel}:start`, (request) => {
    if (keyOf(request) === endTxn) amidCommit()
  })
  subscribe(`${channel}:end`, (request) => {
    if (keyOf(request) === endTxn || keyOf(request) === offsetCommit) commitSent()
  })
}

function keyOf(request: unknown): unknown {
  return typeof request === 'object' && request !== null ? Reflect.get(request, 'apiKey') : undefined
}
