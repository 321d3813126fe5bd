import { readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { isDirectoryLocked } from '../adapters/sqlite/directory-lock.ts'

const fileName = 'server.json'

/** Tells commands on this machine where the server of a data directory listens. */
export function announceServer(dataDir: string, url: string): Readonly<{ withdraw: () => void }> {
  const file = join(dataDir, fileName)
  // Whoever reads it finds all of it or nothing.
  const written = `${file}.new`
  writeFileSync(written, `${JSON.stringify({ url, pid: process.pid })}\n`)
  renameSync(written, file)
  return { withdraw: () => rmSync(file, { force: true }) }
}

/** For whoever holds the data directory: a file that is there was left by a server that was killed. */
export function forgetServer(dataDir: string): void {
  rmSync(join(dataDir, fileName), { force: true })
}

/** Where the server of a data directory listens; undefined when none runs. A killed server's file tells nothing. */
export function findServer(dataDir: string): string | undefined {
  const announced = readAnnouncement(join(dataDir, fileName))
  if (announced === undefined || !isDirectoryLocked(dataDir)) return undefined
  const url = typeof announced === 'object' && announced !== null && 'url' in announced ? announced.url : undefined
  return typeof url === 'string' ? url : undefined
}

/** undefined when it is not there, or not JSON: then a disk that was full or a power cut left it. */
function readAnnouncement(file: string): unknown {
  try {
    return JSON.parse(readFileSync(file, 'utf8'))
  } catch {
    return undefined
  }
}
