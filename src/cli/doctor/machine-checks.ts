import { once } from 'node:events'
import { constants, existsSync } from 'node:fs'
import { access, stat, statfs } from 'node:fs/promises'
import { createServer } from 'node:net'
import { dirname } from 'node:path'
import type { Config } from '../../config.ts'
import type { Check } from './check.ts'

const mebibyte = 1024 * 1024
/** An order takes about 1 KiB in the log and the store together. */
const spaceBytesWarn = 1024 * mebibyte
const spaceBytesMin = 100 * mebibyte

/** Nothing is made here: of a directory that is not there yet, the one that it would be made in is looked at. */
export async function checkDirectory({ dataDir }: Config): Promise<Check> {
  const existing = existingPart(dataDir)
  try {
    await access(existing, constants.R_OK | constants.W_OK | constants.X_OK)
    if (!(await stat(existing)).isDirectory()) return badDirectory(dataDir, `${existing} is no directory`)
    const detail = existing === dataDir ? `${dataDir} can be written` : `${dataDir} is made at the first start`
    return { name: 'directory', status: 'ok', detail }
  } catch (error) {
    return badDirectory(dataDir, codeOf(error))
  }
}

function existingPart(path: string): string {
  return existsSync(path) ? path : existingPart(dirname(path))
}

function badDirectory(dataDir: string, why: string): Check {
  return {
    name: 'directory',
    status: 'fail',
    detail: `${dataDir} can not be written (${why})`,
    advice: 'give this user the right to write there, or set ORDERMILL_DATA_DIR',
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

export async function checkPort({ host, port }: Config, server: string | undefined): Promise<Check> {
  const name = 'port'
  if (server !== undefined && new URL(server).port === `${port}`) {
    return { name, status: 'ok', detail: `${port} of ${host} is the server’s` }
  }
  const problem = await listenProblem(host, port)
  if (problem === undefined) return { name, status: 'ok', detail: `${port} of ${host} is free` }
  // A server that runs on another port needs this one for nothing.
  const status = server === undefined ? 'fail' : 'warn'
  return { name, status, detail: `${port} of ${host} can not be listened on (${problem})`, advice: 'set PORT or HOST' }
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
