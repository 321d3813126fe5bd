import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestContext } from 'node:test'

/** A new empty directory that is removed when the test ends. */
export async function tempDir(t: Pick<TestContext, 'after'>): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'ordermill-'))
  t.after(() => rm(directory, { recursive: true, force: true }))
  return directory
}
