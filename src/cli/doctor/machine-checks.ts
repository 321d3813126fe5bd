import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { mkdtemp, rmdir, statfs } from 'node:fs/promises'
import { createServer } from 'node:net'
import { dirname, join } from 'node:path'
import type { Config } from '../../config.ts'
import type { Check } from './check.ts'

const mebibyte = 1024 * 1024
/** An order takes about 1 KiB in the log and the store together. */
const spaceBytesWarn = 1024 * mebibyte
const spaceBytesMin = 100 * mebibyte
/** For whoever listens on the port. */
const answerTimeoutMs = 1_000

/** Of a directory that is not there yet, the one that it would be made in is tried: rights alone do not tell. */
export async function checkDirectory({ dataDir }: Config): Promise<Check> {
  const existing = existingPart(dataDir)
  try {
    await rmdir(await mkdtemp(join(existing, 'ordermill-doctor-')))
    const detail = existing === dataDir ? `${dataDir} can be written` : `${dataDir} is made at the first start`
    return { name: 'directory', status: 'ok', detail }
  } catch (error) {
    return badDirectory(dataDir, existing, codeOf(error))
  }
}

function existingPart(path: string): string {
  return existsSync(path) ? path : existingPart(dirname(path))
}

function badDirectory(dataDir: string, existing: string, code: string): Check {
  const what = existing === dataDir ? 'written' : `made, since nothing can be made in ${existing}`
  return {
    name: 'directory',
    status: 'fail',
    detail: `${dataDir} can not be ${what} (${code})`,
    advice: 'give this user the right to write there, or name another directory with ORDERMILL_DATA_DIR or --data-dir',
  }
}

export async function checkSpace({ dataDir }: Config): Promise<Check> {
  const { bavail, bsize } = await statfs(existingPart(dataDir))
  const free = bavail * bsize
  const detail = `${Math.floor(free / mebibyte)} MiB free`
  if (free >= spaceBytesWarn) return { name: 'disk', status: 'ok', detail }
  const status = free < spaceBytesMin ? 'fail' : 'warn'
  return { name: 'disk', status, detail, advice: 'make room, or set ORDERMILL_DATA_DIR to another disk' }
}

export async function checkPort({ host, port, kafka }: Config, server: string | undefined): Promise<Check> {
  const name = 'port'
  if (server !== undefined && new URL(server).port === `${port}`) {
    return { name, status: 'ok', detail: `${port} of ${host} is the server’s` }
  }
  const problem = await listenProblem(host, port)
  if (problem === undefined) return { name, status: 'ok', detail: `${port} of ${host} is free` }
  const detail = `${port} of ${host} can not be listened on (${problem})`
  if (problem === 'EADDRINUSE' && (await isOrdermill(host, port))) {
    // On Kafka any number of them may run.
    if (kafka) return { name, status: 'ok', detail: `${port} of ${host} is a server’s of Ordermill` }
    const advice = 'set PORT to another one, or stop that server first'
    return { name, status: 'warn', detail: `${port} of ${host} is taken by another server of Ordermill`, advice }
  }
  // A server that runs on another port needs this one for nothing.
  return { name, status: server === undefined ? 'fail' : 'warn', detail, advice: 'set PORT or HOST' }
}

async function isOrdermill(host: string, port: number): Promise<boolean> {
  const url = `http://${host.includes(':') ? `[${host}]` : host}:${port}/livez`
  try {
    const response = await fetch(url, { redirect: 'error', signal: AbortSignal.timeout(answerTimeoutMs) })
    return response.ok && (await response.text()) === '{"status":"ok"}'
  } catch {
    return false
  }
}

async function listenProblem(host: string, port: number): Promise<string | undefined> {
  const probe = createServer()
  try {
    probe.listen({ host, port, exclusive: true })
    await once(probe, 'listening')
    return undefined
  } catch (error) {
    return codeOf(error)
  } finally {
    probe.close()
  }
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : String(error)
}
