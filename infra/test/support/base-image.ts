import { copyFile, mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { existsSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { cached } from '../../../test/support/kafka/cache.ts'
import { shortHash } from '../../../test/support/kafka/jars.ts'
import { runTool } from '../../../test/support/kafka/run-tool.ts'
import { debianPackages } from './debian-packages.ts'
import type { DockerEngine } from './docker-engine.ts'

const suite = 'bookworm'
const npmVersion = '11'

const debianOptions = [
  '--mode=root',
  '--variant=minbase',
  '--include=ca-certificates',
  '--dpkgopt=force-unsafe-io',
  '--dpkgopt=path-exclude=/usr/share/doc/*',
  '--dpkgopt=path-exclude=/usr/share/locale/*',
  // The user that apt would become can't read keys in somebody's home.
  '--aptopt=APT::Sandbox::User "root"',
]

/** Certificates by which this machine reaches registries: its network may have an authority of its own. */
const certificates = '/etc/ssl/certs/ca-certificates.crt'

/**
 * Makes the engine know `name`: what `node:24-slim` is, Debian with Node and npm, put together from their packages, as
 * an image can't be pulled everywhere. Like npm on this machine it trusts its certificates and asks its registry.
 */
export async function importBaseImage({ docker }: DockerEngine, name: string): Promise<void> {
  const archive = await baseArchive()
  const trust = existsSync(certificates) ? ['--change', `ENV NODE_EXTRA_CA_CERTS=${certificates}`] : []
  await docker('import', ...trust, archive, name)
}

async function baseArchive(): Promise<string> {
  const node = dirname(createRequire(import.meta.url).resolve(`node-linux-${process.arch}/package.json`))
  const registry = (await runTool('npm', ['config', 'get', 'registry'])).trim()
  const trusted = existsSync(certificates) ? await readFile(certificates, 'utf8') : ''
  const version = await readFile(join(node, 'package.json'), 'utf8')
  const parts = [suite, npmVersion, ...debianOptions, process.arch, version, registry, trusted]
  const directory = await cached(`base-image-${shortHash(parts.join('\n'))}`, async (unfinished) => {
    const additions = join(unfinished, 'additions')
    await stage(additions, node, registry)
    await bootstrap(additions, join(unfinished, 'base.tar'))
    await rm(additions, { recursive: true })
  })
  return join(directory, 'base.tar')
}

/** What comes on top of Debian. */
async function stage(root: string, node: string, registry: string): Promise<void> {
  const local = join(root, 'usr/local')
  await mkdir(join(local, 'bin'), { recursive: true })
  await mkdir(join(local, 'etc'))
  await copyFile(join(node, 'bin/node'), join(local, 'bin/node'))
  await runTool('npm', ['install', '--global', '--prefix', local, `npm@${npmVersion}`])
  await writeFile(join(local, 'etc/npmrc'), `registry=${registry}\n`)
  if (!existsSync(certificates)) return
  await mkdir(join(root, dirname(certificates)), { recursive: true })
  await copyFile(certificates, join(root, certificates))
}

/** In a mount namespace, so that an interrupted one leaves nothing mounted. */
async function bootstrap(additions: string, archive: string): Promise<void> {
  const tools = await debianPackages(['mmdebstrap', 'debian-archive-keyring'])
  const keys = `--keyring=${join(tools, 'usr/share/keyrings')}`
  const addition = `--customize-hook=sync-in ${additions} /`
  const path = `PATH=${join(tools, 'usr/bin')}:${process.env['PATH']}`
  await runTool('unshare', ['--mount', 'env', path, 'mmdebstrap', ...debianOptions, keys, addition, suite, archive])
}
