import { randomUUID } from 'node:crypto'
import { existsSync } from 'node:fs'
import { mkdir, readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { lockFile, type FileLock } from '../adapters/sqlite/file-lock.ts'
import { openScratches, scratchDirectory, type ScratchPlace } from './scratches.ts'

/** `name` is one for `openScratches`. */
export type OwnScratch = Readonly<{ name: string; remove: () => Promise<void> }>

const lockSuffix = '.scratch.lock'

/**
 * A name for a scratch that lives no longer than this process, unlike those of jobs. Removes first what processes have left
 * that were killed: a lock that can be taken is nobody's.
 */
export async function takeOwnScratch(place: ScratchPlace): Promise<OwnScratch> {
  const directory = scratchDirectory(place)
  await mkdir(directory, { recursive: true })
  await removeAbandoned(place)
  for (;;) {
    const name = `own-check-${randomUUID()}`
    const file = join(directory, name + lockSuffix)
    const lock = lockFile(file, 0)
    // Another process that tidies up may have come between its making and its lock.
    if (lock && existsSync(file)) return { name, remove: () => removeLocked(place, name, lock) }
    lock?.release()
  }
}

async function removeAbandoned(place: ScratchPlace): Promise<void> {
  const directory = scratchDirectory(place)
  const locks = (await readdir(directory)).filter((file) => file.endsWith(lockSuffix))
  for (const file of locks) {
    const lock = lockIfThere(join(directory, file))
    if (lock) await removeLocked(place, file.slice(0, -lockSuffix.length), lock)
  }
}

/** It must not be made again: whoever made it would take the new one for its own. */
function lockIfThere(file: string): FileLock | undefined {
  const url = pathToFileURL(file)
  url.search = 'mode=rw'
  try {
    return lockFile(url, 0)
  } catch (error) {
    if (existsSync(file)) throw error
    return undefined
  }
}

/** The lock goes last, so that a scratch without one is never left. */
async function removeLocked(place: ScratchPlace, name: string, lock: FileLock): Promise<void> {
  try {
    await openScratches(place).remove(name)
    await rm(join(scratchDirectory(place), name + lockSuffix), { force: true })
  } finally {
    lock.release()
  }
}
