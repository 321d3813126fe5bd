import { execFileSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { copyFile, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { importBaseImage } from './base-image.ts'
import type { DockerEngine } from './docker-engine.ts'
import { repository, textOf } from './repository.ts'

/** Base images by tag and digest, as the update bot writes them. A digest is of an image that only a registry has. */
const digests = /@sha256:[0-9a-f]{64}/g
const dockerfile = textOf('Dockerfile').replace(digests, '')

export const [, baseImage = ''] = /^FROM (\S+)/m.exec(dockerfile) ?? []
export const image = 'ordermill'

/** The image as a clean checkout of the working tree gives it. */
export async function buildImage(engine: DockerEngine): Promise<void> {
  await importBaseImage(engine, baseImage)
  const context = await mkdtemp(join(tmpdir(), 'ordermill-context-'))
  try {
    for (const path of trackedFiles()) {
      await mkdir(dirname(join(context, path)), { recursive: true })
      await copyFile(join(repository, path), join(context, path))
    }
    await writeFile(join(context, 'Dockerfile'), dockerfile)
    await engine.docker('build', '--network=host', `--tag=${image}`, context)
  } finally {
    await rm(context, { recursive: true, force: true })
  }
}

/** Those that git has or would take, without what the working tree has deleted. */
function trackedFiles(): readonly string[] {
  const listed = execFileSync('git', ['ls-files', '-z', '--cached', '--others', '--exclude-standard'], {
    cwd: repository,
    encoding: 'utf8',
  })
  return listed.split('\0').filter((path) => path !== '' && existsSync(join(repository, path)))
}

export type ImageDetails = Readonly<{
  Size: number
  Config: Readonly<{
    User: string
    Env: readonly string[]
    StopSignal?: string
    Healthcheck?: Readonly<{ Test: readonly string[] }>
  }>
}>

export async function inspectImage({ docker }: DockerEngine, name: string): Promise<ImageDetails> {
  return JSON.parse(await docker('image', 'inspect', '--format', '{{json .}}', name)) as ImageDetails
}

/** Paths below /app in the image, such as `src/main.ts`. */
export async function filesOf({ docker }: DockerEngine): Promise<readonly string[]> {
  const list = [
    'run',
    '--rm',
    '--network=host',
    '--entrypoint=find',
    image,
    '.',
    '-not',
    '-type',
    'd',
    '-printf',
    '%P\\n',
  ]
  return (await docker(...list)).trim().split('\n')
}
