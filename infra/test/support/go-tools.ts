import { spawnSync } from 'node:child_process'
import { basename, join } from 'node:path'
import { cached } from '../../../test/support/kafka/cache.ts'
import { runTool } from '../../../test/support/kafka/run-tool.ts'

const tools = {
  actionlint: 'github.com/rhysd/actionlint/cmd/actionlint@v1.7.12',
  /** With it `docker compose` reads its files. */
  composeGo: 'github.com/compose-spec/compose-go/v2/cmd@v2.16.2',
} as const

/** What this machine lacks for the tools; `undefined` when it has everything. */
export function missingForGoTools(): string | undefined {
  if (spawnSync('go', ['version']).status === 0) return undefined
  return 'not here: go is not installed, and these tools are had as source: install Go 1.24 or later'
}

/** Runs the tool, which Go fetches and builds once. Returns what it printed; rejects with what it complained of. */
export async function runGoTool(tool: keyof typeof tools, args: readonly string[], cwd: string): Promise<string> {
  const [path, version] = tools[tool].split('@')
  const directory = await cached(`${tool}-${version}-${process.arch}`, async (bin) => {
    await runTool('go', ['install', tools[tool]], bin, { ...process.env, GOBIN: bin })
  })
  return runTool(join(directory, basename(path ?? '')), args, cwd)
}
