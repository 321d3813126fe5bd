import { existsSync } from 'node:fs'
import { isDirectoryLocked } from '../adapters/sqlite/directory-lock.ts'
import { checkSqliteLog } from '../adapters/sqlite/sqlite-log-check.ts'
import { checkSqliteStore } from '../adapters/sqlite/sqlite-store-check.ts'
import type { Config } from '../config.ts'
import { logFile, storeFile } from './engine.ts'

/** What is wrong with a file of the data directory; undefined when there is no such file. */
export type Damage = readonly string[] | undefined

export function isDataDirLocked({ dataDir }: Config): boolean {
  return existsSync(dataDir) && isDirectoryLocked(dataDir)
}

/** Reads the whole log. */
export function checkLog(config: Config): Promise<Damage> {
  return damageOf(logFile(config), (file) => {
    const reports = Array.from(checkSqliteLog(file))
    return Promise.resolve(reports.flatMap((report) => (report.kind === 'damage' ? [report.message] : [])))
  })
}

/** Reads the whole store, and compares what was counted with what is there. */
export function checkStore(config: Config): Promise<Damage> {
  return damageOf(storeFile(config), checkSqliteStore)
}

async function damageOf(file: string, check: (file: string) => Promise<readonly string[]>): Promise<Damage> {
  if (!existsSync(file)) return undefined
  try {
    return await check(file)
  } catch (error) {
    return [error instanceof Error ? error.message : String(error)]
  }
}
