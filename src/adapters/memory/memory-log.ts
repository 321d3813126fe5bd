import type { Log } from '../../ports/log.ts'
import { openInProcessLog } from '../in-process/in-process-log.ts'
import type { Runtime } from '../in-process/runtime.ts'
import { openMemoryLogStorage, type MemoryLogStorage } from './memory-log-storage.ts'

export type MemoryLogOptions = Partial<Runtime> & Readonly<{ storage?: MemoryLogStorage }>

/** The reference. What it holds lives as long as its storage. */
export function openMemoryLog({ storage = openMemoryLogStorage(), ...runtime }: MemoryLogOptions = {}): Log {
  return openInProcessLog(storage.attach(), runtime)
}
