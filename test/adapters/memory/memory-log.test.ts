import { openMemoryLogStorage } from '../../../src/adapters/memory/memory-log-storage.ts'
import { openMemoryLog } from '../../../src/adapters/memory/memory-log.ts'
import { describeLogContract } from '../../contract/log.contract.ts'
import { manualClock } from '../../support/manual-clock.ts'

describeLogContract('memory', () => {
  const { now, advance } = manualClock()
  const storage = openMemoryLogStorage()
  return Promise.resolve({ open: () => Promise.resolve(openMemoryLog({ storage, now })), shared: false, advance })
})
