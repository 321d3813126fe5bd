import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { cached } from '../kafka/cache.ts'
import { shortHash } from '../kafka/jars.ts'
import { runTool } from '../kafka/run-tool.ts'

const source = fileURLToPath(new URL('./no-delay.c', import.meta.url))
const library = 'no-delay.so'

/** What lets the mock server answer at once; nothing on a machine without a C compiler, where it is only slower. */
export async function noDelay(): Promise<Readonly<Record<string, string>>> {
  if (process.platform !== 'linux' || spawnSync('cc', ['--version']).status !== 0) return {}
  const directory = await cached(`no-delay-${process.arch}-${shortHash(readFileSync(source, 'utf8'))}`, compile)
  return { LD_PRELOAD: join(directory, library) }
}

async function compile(directory: string): Promise<void> {
  await runTool('cc', ['-shared', '-fPIC', '-O1', '-o', join(directory, library), source, '-ldl'])
}
