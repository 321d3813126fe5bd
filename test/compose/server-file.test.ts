import assert from 'node:assert/strict'
import { readdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { lockDirectory } from '../../src/adapters/sqlite/directory-lock.ts'
import { announceServer, findServer } from '../../src/compose/server-file.ts'
import { tempDir } from '../support/temp.ts'

describe('the server of a data directory', () => {
  it('is found while it runs, and leaves nothing behind', async (t) => {
    const dataDir = await tempDir(t)
    const lock = lockDirectory(dataDir)
    t.after(() => lock.release())
    const before = await readdir(dataDir)
    const { withdraw } = announceServer(dataDir, 'http://127.0.0.1:8000')
    assert.equal(findServer(dataDir), 'http://127.0.0.1:8000')
    withdraw()
    assert.equal(findServer(dataDir), undefined)
    assert.deepEqual(await readdir(dataDir), before)
  })

  it('is not found by a file that is empty or half written', async (t) => {
    const dataDir = await tempDir(t)
    const lock = lockDirectory(dataDir)
    t.after(() => lock.release())
    for (const text of ['', '{"url":"http://127', 'null', '[]', '{"url":5}']) {
      await writeFile(join(dataDir, 'server.json'), text)
      assert.equal(findServer(dataDir), undefined, JSON.stringify(text))
    }
  })
})
