import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { cached } from '../../../test/support/kafka/cache.ts'
import { runTool } from '../../../test/support/kafka/run-tool.ts'

const version = 'v1.7.12'

/** What this machine lacks for actionlint; `undefined` when it has everything. */
export function missingForActionlint(): string | undefined {
  if (spawnSync('go', ['version']).status === 0) return undefined
  return 'not here: go is not installed, and actionlint is had as source: install Go 1.24 or later'
}

/** Where the program is. Go fetches and builds it once. */
export async function actionlint(): Promise<string> {
  const directory = await cached(`actionlint-${version}-${process.arch}`, async (bin) => {
    const env = { ...process.env, GOBIN: bin }
    await runTool('go', ['install', `github.com/rhysd/actionlint/cmd/actionlint@${version}`], bin, env)
  })
  return join(directory, 'actionlint')
}
