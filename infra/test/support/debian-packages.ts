import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { mkdir, readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { cached } from '../../../test/support/kafka/cache.ts'
import { shortHash } from '../../../test/support/kafka/jars.ts'
import { runTool } from '../../../test/support/kafka/run-tool.ts'

/** What this machine lacks for unpacking Debian's packages; `undefined` when it has everything. */
export function missingForDebianPackages(): string | undefined {
  const lacking = ['apt-get', 'dpkg-deb'].find((tool) => spawnSync(tool, ['--version']).error !== undefined)
  return lacking && `not here: ${lacking} is missing: Debian or one of its kin would be needed`
}

/** A directory with what is in these packages, without what they depend on. Nothing is installed, so no root is needed. */
export function debianPackages(names: readonly string[]): Promise<string> {
  const system = `${readFileSync('/etc/os-release', 'utf8')} ${process.arch}`
  return cached(`debian-${names[0]}-${shortHash([...names, system].join(' '))}`, async (directory) => {
    const archives = join(directory, 'archives')
    await mkdir(archives)
    await download(names, archives)
    for (const file of await readdir(archives)) {
      if (file.endsWith('.deb')) await runTool('dpkg-deb', ['-x', join(archives, file), directory])
    }
    await rm(archives, { recursive: true })
  })
}

/** The machine's lists may be missing, as in a fresh container, or name versions that are gone: then by lists of its own. */
async function download(names: readonly string[], directory: string): Promise<void> {
  try {
    await runTool('apt-get', ['download', ...names], directory)
  } catch {
    const ownLists = ['-o', `Dir::State::Lists=${join(directory, 'lists')}`, '-o', `Dir::Cache=${directory}`]
    await mkdir(join(directory, 'lists', 'partial'), { recursive: true })
    await runTool('apt-get', [...ownLists, 'update'], directory)
    await runTool('apt-get', [...ownLists, 'download', ...names], directory)
  }
}
