import { join } from 'node:path'
import { openSqliteLog } from '../../../src/adapters/sqlite/sqlite-log.ts'
import { describeLogContract } from '../../contract/log.contract.ts'
import { manualClock } from '../../support/manual-clock.ts'
import { tempDir } from '../../support/temp.ts'

describeLogContract('sqlite', async (t) => {
  const { now, advance } = manualClock()
  const file = join(await tempDir(t), 'log.db')
  return { open: () => Promise.resolve(openSqliteLog({ file, now })), shared: false, advance }
})
