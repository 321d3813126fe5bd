import { mkdtemp, readFile, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { readConfig, type Config } from '../src/config.ts'

/** Runs `work` on a data directory that is removed afterwards. */
export async function withDataDir<Result>(work: (dataDir: string) => Promise<Result>): Promise<Result> {
  const dataDir = await mkdtemp(join(tmpdir(), 'ordermill-bench-'))
  try {
    return await work(dataDir)
  } finally {
    await rm(dataDir, { recursive: true, force: true })
  }
}

export function benchConfig(dataDir: string, gatewayLatencyMs: number): Config {
  return readConfig({
    LOG_LEVEL: 'warn',
    ORDERMILL_DATA_DIR: dataDir,
    ORDERMILL_GATEWAY_LATENCY_MS: String(gatewayLatencyMs),
  })
}

/** Most memory that a process ever had resident, in MB of 10^6 bytes. */
export async function peakMemoryMb(pid: number): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8')
  return (Number(/^VmHWM:\s+(\d+) kB$/m.exec(status)?.[1]) * 1024) / 1e6
}

/** Of a file that is closed: its write-ahead log has been moved into it. */
export async function fileBytes(file: string): Promise<number> {
  const { size } = await stat(file)
  return size
}
