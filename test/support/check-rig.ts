import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import type { TestContext } from 'node:test'
import { openSqliteStore } from '../../src/adapters/sqlite/sqlite-store.ts'
import type { CheckSpec, Difference } from '../../src/codec/operation-codec.ts'
import { openScratches } from '../../src/compose/scratches.ts'
import { defaultFraudRules } from '../../src/domain/fraud.ts'
import { checkStep } from '../../src/operations/check.ts'
import type { CheckDeps } from '../../src/operations/check-state.ts'
import { orderRecord, rawRecord } from './order-json.ts'
import { openRig, type Rig, type RigOptions } from './pipeline-rig.ts'
import { tempDir } from './temp.ts'

export const suspicious = { amount: 500, country: 'DE' }
/** What a rig begins with. */
export const records = [
  ...[1, 2, 3, 4, 5, 6].map((id) => orderRecord(id)),
  orderRecord(2),
  orderRecord(3, { status: 'CANCELLED' }),
  orderRecord(4, { amount: 5 }),
  orderRecord(7, suspicious),
  rawRecord('no JSON'),
  rawRecord(null),
]

/** How services decide in a rig, unless its options say otherwise. */
export const settings = {
  topic: 'orders',
  baseCurrency: 'USD',
  policy: 'all',
  reuse: 'refuse',
  rules: defaultFraudRules,
} as const

export type Checked = Readonly<{ differences: readonly Difference[]; steps: number; records: number; count: number }>

/** A whole check, step by step. */
export async function check(
  t: TestContext,
  { log, store }: Pick<Rig, 'log' | 'store'>,
  spec: Omit<CheckSpec, 'kind'> = {},
  changes: Partial<CheckDeps> = {},
): Promise<Checked> {
  const scratches = openScratches({ dataDir: await tempDir(t), kafka: undefined })
  const deps: CheckDeps = {
    log,
    store,
    scratches,
    settings,
    now: () => performance.now(),
    pause: () => Promise.resolve(),
    seriesKeptFromMs: () => -Infinity,
    ...changes,
  }
  for (let steps = 1; ; steps += 1) {
    const request = { name: 'check', spec: { kind: 'check', ...spec } } as const
    const { isDone, differences, progress } = await checkStep(deps, request, new AbortController().signal)
    if (isDone) return { differences, steps, records: progress.done, count: progress.differences ?? 0 }
  }
}

export type FileRig = Rig & Readonly<{ damage: (sql: string) => void }>

/** A rig that has read `records`, on a store whose file SQL can `damage`. */
export async function openFileRig(t: TestContext, options: RigOptions = {}): Promise<FileRig> {
  const file = join(await tempDir(t), 'store.db')
  const store = openSqliteStore({ file })
  t.after(() => store.close())
  const rig = await openRig({ store, partitions: 2, ...options })
  await rig.append(...records)
  await rig.run('fraud', 'payment', 'analytics')
  await rig.run('views')
  const damage = (sql: string): void => {
    const db = new DatabaseSync(file)
    db.exec(sql)
    db.close()
  }
  return { ...rig, damage }
}

export function texts({ differences }: Checked): readonly string[] {
  return differences.map(({ what, where, order_id: id }) => `${what} ${where} ${id ?? ''}`.trim()).toSorted()
}
