import { randomUUID } from 'node:crypto'
import { existsSync } from 'node:fs'
import { mkdir, rename, rm } from 'node:fs/promises'
import { homedir } from 'node:os'
import { join } from 'node:path'

/** Where `name` is, or will be, kept from one run to the next, for all clones on this machine. */
export function cachePath(name: string): string {
  return join(process.env['XDG_CACHE_HOME'] || join(homedir(), '.cache'), 'ordermill', name)
}

export function isCached(name: string): boolean {
  return existsSync(cachePath(name))
}

/**
 * The directory `name` of the cache, filled by `fill` if there is none.
 *
 * Processes that fill it at the same time each work in a directory of their own beside it; the first rename wins and
 * the others take the winner's. So what bears the name is always whole, and `name` must say everything that it
 * depends on.
 */
export async function cached(name: string, fill: (directory: string) => Promise<void>): Promise<string> {
  const directory = cachePath(name)
  if (existsSync(directory)) return directory
  const unfinished = `${directory}.${randomUUID()}`
  await mkdir(unfinished, { recursive: true })
  try {
    await fill(unfinished)
    await rename(unfinished, directory)
  } catch (error) {
    await rm(unfinished, { recursive: true, force: true })
    if (!existsSync(directory)) throw error
  }
  return directory
}
