import { readdirSync, readFileSync } from 'node:fs'
import type { ServiceProcess } from './service-process.ts'

/** What one process may hold at most, bursts and backlogs included. */
const rssMiBMax = 400
const handlesMax = 120

export type Peaks = { rssMiB: number; handles: number }

/** I10: looks at every process now; `peaks` grows. */
export function checkResources(
  processes: readonly ServiceProcess[],
  peaks: Peaks,
  complain: (complaint: string) => void,
): void {
  for (const { pid, service } of processes) {
    const held = heldBy(pid)
    if (!held) continue
    if (held.rssMiB > Math.max(rssMiBMax, peaks.rssMiB)) complain(`I10: ${service} holds ${held.rssMiB} MiB`)
    if (held.handles > Math.max(handlesMax, peaks.handles)) complain(`I10: ${service} holds ${held.handles} handles`)
    peaks.rssMiB = Math.max(peaks.rssMiB, held.rssMiB)
    peaks.handles = Math.max(peaks.handles, held.handles)
  }
}

/** Undefined when the process is gone, or the system has no such files. */
function heldBy(pid: number): Peaks | undefined {
  try {
    const rss = /VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]
    return { rssMiB: Math.round(Number(rss ?? 0) / 1024), handles: readdirSync(`/proc/${pid}/fd`).length }
  } catch {
    return undefined
  }
}
