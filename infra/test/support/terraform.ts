import { spawnSync } from 'node:child_process'
import { existsSync, globSync } from 'node:fs'
import { cp, writeFile } from 'node:fs/promises'
import { homedir } from 'node:os'
import { basename, join } from 'node:path'
import type { TestContext } from 'node:test'
import { fileURLToPath } from 'node:url'
import { runTool } from '../../../test/support/kafka/run-tool.ts'
import { tempDir } from '../../../test/support/temp.ts'

/** The module that ships. */
const moduleDirectory = fileURLToPath(new URL('../../terraform', import.meta.url))

/** What this machine lacks for Terraform; `undefined` when it is there. */
export function missingForTerraform(): string | undefined {
  if (spawnSync('terraform', ['version']).error === undefined) return undefined
  return 'not here: terraform is not installed, and no package registry has it: install 1.11 or later from its vendor'
}

export type Terraform = Readonly<{
  /** The copy of the module: tests may write to it. */
  directory: string
  /** Runs in the module, or in a directory below it. Returns what it printed; rejects with what it complained of. */
  run: (args: readonly string[], below?: string) => Promise<string>
}>

type TerraformOptions = Readonly<{ environment?: Readonly<Record<string, string>> }>

/**
 * A copy of the module in a temporary directory, with a configuration of Terraform's own, so that neither the checkout
 * nor what the user has configured takes part.
 */
export async function openTerraform(
  t: Pick<TestContext, 'after'>,
  { environment = {} }: TerraformOptions = {},
): Promise<Terraform> {
  const root = await tempDir(t)
  const directory = join(root, 'module')
  await cp(moduleDirectory, directory, { recursive: true, filter: (path) => basename(path) !== '.terraform' })
  const configuration = join(root, 'terraformrc')
  await writeFile(configuration, configurationText())
  const env = {
    ...process.env,
    TF_CLI_CONFIG_FILE: configuration,
    TF_IN_AUTOMATION: 'true',
    TF_INPUT: '0',
    ...environment,
  }
  return { directory, run: (args, below = '.') => runTool('terraform', args, join(directory, below), env) }
}

function configurationText(): string {
  const mirror = providerMirror()
  const installation =
    mirror === undefined ? '' : `provider_installation {\n  filesystem_mirror {\n    path = "${mirror}"\n  }\n}\n`
  return `disable_checkpoint = true\n${installation}`
}

/** A directory of providers on this machine, in the layout of a mirror; without one, `init` downloads as usual. */
function providerMirror(): string | undefined {
  return mirrorCandidates().find(
    (path) => globSync('*/hashicorp/aws/*/*/terraform-provider-aws*', { cwd: path }).length > 0,
  )
}

function mirrorCandidates(): string[] {
  const own = process.env['TF_PLUGIN_CACHE_DIR']
  const usual = [
    join(homedir(), '.terraform.d/plugins'),
    '/usr/local/share/terraform/plugins',
    '/usr/share/terraform/plugins',
  ]
  return [...(own === undefined ? [] : [own]), ...usual, ...globSync('/opt/*')].filter((path) => existsSync(path))
}
