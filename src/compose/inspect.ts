import { existsSync } from 'node:fs'
import { isDirectoryLocked } from '../adapters/sqlite/directory-lock.ts'
import { checkSqliteLog } from '../adapters/sqlite/sqlite-log-check.ts'
import { checkSqliteStore } from '../adapters/sqlite/sqlite-store-check.ts'
import { openStoreDatabase } from '../adapters/sqlite/sqlite-store-database.ts'
import { sqliteSums } from '../adapters/sqlite/sqlite-store-shards.ts'
import { orderGroups, viewsGroup } from '../codec/groups.ts'
import type { Config } from '../config.ts'
import { lagsOf } from '../ports/lag.ts'
import type { Log, PartitionLag } from '../ports/log.ts'
import type { AsOf } from '../ports/order-book.ts'
import { logFile, storeFile } from './data-files.ts'
import { openReader } from './storage.ts'

/** What is wrong with a file of the data directory; undefined when there is no such file. */
export type Damage = readonly string[] | undefined

export function isDataDirLocked({ dataDir }: Config): boolean {
  return existsSync(dataDir) && isDirectoryLocked(dataDir)
}

/** Reads the whole embedded log. */
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

/** Records that a group has committed in the log, and whose effects the store does not have. */
export type GroupBehind = Readonly<{ group: string; records: number }>

/** A store that was lost, set back or cut off by a power cut. The embedded log must be sound; the store may be missing. */
export async function findBehind(config: Config): Promise<readonly GroupBehind[]> {
  const { log, close } = await openReader(config)
  try {
    return await behindLog(config, log)
  } finally {
    await close()
  }
}

/** Where the groups of each column are in a store. */
export type Applied = ReadonlyMap<'totals' | 'tally' | 'views', AsOf>

/** The same, on a log that is open. */
export async function behindLog(
  config: Config,
  log: Pick<Log, 'lag'>,
  readApplied: () => Promise<Applied> = () => appliedOf(config),
): Promise<readonly GroupBehind[]> {
  // The store is read last: a running server moves it first, and would else look behind.
  const committed = await lagsOf(
    log,
    groupsWithStore.map(({ group }) => group),
  )
  const applied = await readApplied()
  return groupsWithStore
    .map(({ group, column }) => ({
      group,
      records: recordsBehind(committed.get(group) ?? [], applied.get(column) ?? new Map()),
    }))
    .filter(({ records }) => records > 0)
}

const groupsWithStore = [
  { group: orderGroups.analytics, column: 'totals' },
  { group: orderGroups.payment, column: 'tally' },
  { group: viewsGroup, column: 'views' },
] as const

async function appliedOf(config: Config): Promise<Applied> {
  const file = storeFile(config)
  if (!existsSync(file)) return new Map()
  const db = openStoreDatabase(file, { readOnly: true })
  try {
    return await db.read(
      () => new Map(groupsWithStore.map(({ column }) => [column, sqliteSums(db, column)().asOf] as const)),
    )
  } finally {
    await db.close()
  }
}

/** What retention removed can not be caught up with. */
function recordsBehind(lags: readonly PartitionLag[], applied: AsOf): number {
  return lags
    .map(({ topic, partition, committed, begin }) => {
      const next = applied.get(topic)?.get(partition) ?? 0
      return Math.max((committed ?? 0) - Math.max(next, begin), 0)
    })
    .reduce((sum, records) => sum + records, 0)
}

async function damageOf(file: string, check: (file: string) => Promise<readonly string[]>): Promise<Damage> {
  if (!existsSync(file)) return undefined
  try {
    return (await check(file)).map(finding)
  } catch (error) {
    return [finding(error instanceof Error ? error.message : String(error))]
  }
}

/** On one line, and without what an error advises: whoever asks here gives advice for all findings together. */
function finding(message: string): string {
  return message.replaceAll(/\s+/g, ' ').replace(/[:;.] (?:run|restore) .*$/i, '')
}
