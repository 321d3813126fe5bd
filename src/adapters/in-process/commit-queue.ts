import { logClosed, tooMuchPending } from '../../ports/log-errors.ts'
import type { LogDraft } from './log-draft.ts'

/** More would only hold up everybody who waits for the transaction. */
const transactionBytesMax = 16 * 1024 * 1024
/** What may wait while a transaction is written: callers that append without waiting are told to slow down. */
const pendingBytesMax = 256 * 1024 * 1024

/** One write that somebody waits for. */
export type WriteRequest<Result> = Readonly<{
  bytes: number
  /** Adds to the transaction, or throws and adds nothing: the other requests go on. */
  prepare: (draft: LogDraft) => Result
  /** Runs in the same step of the event loop as the write, before anybody else can see its effect. */
  written?: () => void
  /** In a transaction of its own, since requests after it depend on its effect. */
  alone?: boolean
}>

type Pending = Readonly<{
  bytes: number
  alone: boolean
  prepare: (draft: LogDraft) => void
  fulfil: () => void
  reject: (error: unknown) => void
}>

export type CommitQueue = Readonly<{
  submit: <Result>(request: WriteRequest<Result>) => Promise<Result>
  /** Writes what is pending; later requests reject. */
  close: () => void
}>

/**
 * Group commit: requests that are pending together share one transaction, so one flush of the disk.
 *
 * @param transact makes a draft, lets `prepare` fill it, and writes it; throws when nothing was written
 */
export function createCommitQueue(
  transact: (prepare: (draft: LogDraft) => void) => void,
  defer: () => Promise<void>,
): CommitQueue {
  const queue: Pending[] = []
  let pendingBytes = 0
  let scheduled = false
  let closed = false

  const flush = (): void => {
    const requests = queue.splice(0, transactionLength(queue))
    for (const { bytes } of requests) pendingBytes -= bytes
    writeTogether(requests, transact)
  }
  const flushLater = async (): Promise<void> => {
    if (scheduled) return
    scheduled = true
    while (queue.length > 0) {
      await defer()
      flush()
    }
    scheduled = false
  }
  const enqueue = (pending: Pending): void => {
    if (closed) return pending.reject(logClosed())
    if (queue.length > 0 && pendingBytes + pending.bytes > pendingBytesMax)
      return pending.reject(tooMuchPending(pendingBytesMax))
    pendingBytes += pending.bytes
    queue.push(pending)
    void flushLater()
  }
  return {
    submit: (request) => new Promise((resolve, reject) => enqueue(pendingOf(request, resolve, reject))),
    close: () => {
      closed = true
      while (queue.length > 0) flush()
    },
  }
}

function pendingOf<Result>(
  { bytes, alone = false, prepare, written }: WriteRequest<Result>,
  resolve: (result: Result) => void,
  reject: (error: unknown) => void,
): Pending {
  let fulfil: (() => void) | undefined
  return {
    bytes,
    alone,
    reject,
    prepare: (draft) => {
      const result = prepare(draft)
      fulfil = () => {
        written?.()
        resolve(result)
      }
    },
    fulfil: () => fulfil?.(),
  }
}

/** How many requests at the head of the queue share the next transaction. */
function transactionLength(queue: readonly Pending[]): number {
  let bytes = 0
  const end = queue.findIndex((pending, index) => {
    bytes += pending.bytes
    return index > 0 && (pending.alone || queue[0]?.alone === true || bytes > transactionBytesMax)
  })
  return end === -1 ? queue.length : end
}

function writeTogether(requests: readonly Pending[], transact: (prepare: (draft: LogDraft) => void) => void): void {
  const accepted: Pending[] = []
  try {
    transact((draft) => {
      for (const request of requests) if (isAccepted(request, draft)) accepted.push(request)
    })
  } catch (error) {
    // Those that were refused by themselves keep their own error: a promise is settled once.
    for (const request of requests) request.reject(error)
    return
  }
  for (const request of accepted) request.fulfil()
}

function isAccepted(request: Pending, draft: LogDraft): boolean {
  try {
    request.prepare(draft)
    return true
  } catch (error) {
    request.reject(error)
    return false
  }
}
