import type { MessagePort, Worker } from 'node:worker_threads'
import { errorCodes, OrdermillError, type ErrorCode, type Issue } from '../errors.ts'

type Call = Readonly<{ id: number; method: string; args: readonly unknown[] }>
type Reply = Readonly<{ id: number; result: unknown } | { id: number; error: PortableError }>
type PortableError = Readonly<{ code: ErrorCode | undefined; message: string; issues: readonly Issue[] }>

type Method = (...args: readonly unknown[]) => Promise<unknown>

/**
 * Answers calls that arrive at `port`, from when `opening` resolves on; when it rejects, every call rejects likewise.
 * Arguments, results and errors are copied between the threads.
 */
export function serveCalls(port: MessagePort, opening: Promise<object>): void {
  const methods = opening.then((served) => new Map<string, Method>(Object.entries(served)))
  // Whoever calls gets the reason; that nobody has called yet must not end the thread.
  methods.catch(() => {})
  const answer = async ({ method, args }: Call): Promise<unknown> => {
    const call = (await methods).get(method)
    if (!call) throw new Error(`no such method: ${method}`)
    return call(...args)
  }
  port.on('message', (call: Call) => {
    answer(call).then(
      (result) => port.postMessage({ id: call.id, result } satisfies Reply),
      (error: unknown) => port.postMessage({ id: call.id, error: portable(error) } satisfies Reply),
    )
  })
}

/** Calls what another thread serves by method name. When that thread ends, calls under way reject, and so do later ones. */
export function callsTo(worker: Worker): (method: string, args: readonly unknown[]) => Promise<unknown> {
  const waiting = new Map<number, PromiseWithResolvers<unknown>>()
  let calls = 0
  let ended = false
  worker.on('message', (reply: Reply) => {
    const call = waiting.get(reply.id)
    waiting.delete(reply.id)
    if ('error' in reply) call?.reject(restored(reply.error))
    else call?.resolve(reply.result)
  })
  worker.once('exit', () => {
    ended = true
    for (const call of waiting.values()) call.reject(engineEnded())
    waiting.clear()
  })
  return (method, args) => {
    if (ended) return Promise.reject(engineEnded())
    const call = Promise.withResolvers<unknown>()
    calls += 1
    waiting.set(calls, call)
    worker.postMessage({ id: calls, method, args } satisfies Call)
    return call.promise
  }
}

function engineEnded(): OrdermillError {
  return new OrdermillError(
    'LOG_UNAVAILABLE',
    'the engine has stopped: see its last log lines, then start ordermill again',
  )
}

function portable(error: unknown): PortableError {
  if (error instanceof OrdermillError) return { code: error.code, message: error.message, issues: error.issues }
  return {
    code: undefined,
    message: error instanceof Error ? (error.stack ?? error.message) : String(error),
    issues: [],
  }
}

function restored({ code, message, issues }: PortableError): Error {
  const known = errorCodes.find((name) => name === code)
  return known ? new OrdermillError(known, message, { issues }) : new Error(message)
}
