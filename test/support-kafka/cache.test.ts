import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { readdir, readFile, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { beforeEach, it } from 'node:test'
import { gate } from '../support/gate.ts'
import { cached, cachePath } from '../support/kafka/cache.ts'
import { tempDir } from '../support/temp.ts'

beforeEach(async (t) => {
  assert.ok('after' in t)
  process.env['XDG_CACHE_HOME'] = await tempDir(t)
})

it('shows a directory only when it is whole, and gives all who fill it at once the same one', async () => {
  const halfway = [gate(), gate()] as const
  const go = [gate(), gate()] as const
  const fill = (index: 0 | 1) =>
    cached('jars', async (directory) => {
      await writeFile(join(directory, 'first'), `${index}`)
      halfway[index].open()
      await go[index].opened
      await writeFile(join(directory, 'second'), `${index}`)
    })
  const both = [fill(0), fill(1)] as const
  await Promise.all(halfway.map(({ opened }) => opened))
  assert.equal(existsSync(cachePath('jars')), false)

  go[1].open()
  assert.equal(await both[1], cachePath('jars'))
  go[0].open()
  assert.equal(await both[0], cachePath('jars'))
  assert.equal(await readFile(join(cachePath('jars'), 'first'), 'utf8'), '1')
  assert.equal(await readFile(join(cachePath('jars'), 'second'), 'utf8'), '1')
  assert.deepEqual(await readdir(dirname(cachePath('jars'))), ['jars'])
})

it('leaves nothing of what failed, and tries again next time', async () => {
  const failure = new Error('no network')
  await assert.rejects(
    cached('jars', async (directory) => {
      await writeFile(join(directory, 'half'), '')
      throw failure
    }),
    failure,
  )
  assert.deepEqual(await readdir(dirname(cachePath('jars'))), [])
  await cached('jars', (directory) => writeFile(join(directory, 'whole'), ''))
  await cached('jars', () => assert.fail('it is there'))
  assert.deepEqual(await readdir(cachePath('jars')), ['whole'])
})
