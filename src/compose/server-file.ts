import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { isDirectoryLocked } from '../adapters/sqlite/directory-lock.ts'

const fileName = 'server.json'

/** Tells commands on this machine where the server of a data directory listens. */
export function announceServer(dataDir: string, url: string): Readonly<{ withdraw: () => void }> {
  const file = join(dataDir, fileName)
  writeFileSync(file, `${JSON.stringify({ url, pid: process.pid })}\n`)
  return { withdraw: () => rmSync(file, { force: true }) }
}

/** For whoever holds the data directory: a file that is there was left by a server that was killed. */
export function forgetServer(dataDir: string): void {
  rmSync(join(dataDir, fileName), { force: true })
}

/** Where the server of a data directory listens; undefined when none runs. A killed server's file tells nothing. */
export function findServer(dataDir: string): string | undefined {
  let text: string
  try {
    text = readFileSync(join(dataDir, fileName), 'utf8')
  } catch {
    return undefined
  }
  if (!isDirectoryLocked(dataDir)) return undefined
  const announced: unknown = JSON.parse(text)
  const url = typeof announced === 'object' && announced !== null && 'url' in announced ? announced.url : undefined
  return typeof url === 'string' ? url : undefined
}
