import { mkdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openSqliteScratch } from '../adapters/sqlite/sqlite-scratch.ts'
import type { Config } from '../config.ts'
import type { Scratches } from '../ports/scratch.ts'

export type ScratchPlace = Pick<Config, 'dataDir' | 'kafka'>

/** Beside the embedded log, where there is room for the like; a process of a distributed system has no directory of its own. */
export function scratchDirectory({ dataDir, kafka }: ScratchPlace): string {
  return kafka ? join(tmpdir(), 'ordermill') : dataDir
}

export function openScratches(place: ScratchPlace): Scratches {
  const directory = scratchDirectory(place)
  const fileOf = (name: string): string => join(directory, `${encodeURIComponent(name)}.scratch.db`)
  return {
    async open(name) {
      await mkdir(directory, { recursive: true })
      return openSqliteScratch(fileOf(name))
    },
    async remove(name) {
      // A journal is there of one that was killed while it was made.
      const files = ['', '-wal', '-shm', '-journal'].map((suffix) => `${fileOf(name)}${suffix}`)
      await Promise.all(files.map((file) => rm(file, { force: true })))
    },
  }
}
