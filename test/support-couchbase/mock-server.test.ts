import assert from 'node:assert/strict'
import { readdir } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { describe, it, type TestContext } from 'node:test'
import { CasMismatchError, DocumentExistsError, UnambiguousTimeoutError } from 'couchbase'
import { startMockServer, type MockBucket, type MockServer } from '../support/couchbase/mock-server.ts'
import { couchbaseSuiteOptions, useMockServer } from '../support/couchbase/suite.ts'
import { tempDir } from '../support/temp.ts'
import { waitFor } from '../support/wait-for.ts'
import { connectTo, stored, type Client } from './client.ts'

describe('a mock server for tests', couchbaseSuiteOptions(), () => {
  const server = useMockServer({ buckets: ['order_analytics', 'other'] })

  it('stores, compares and swaps as the real SDK asks', async (t) => {
    const { collection } = await use(t, server())
    const { cas } = await collection.insert('cas', { version: 1 })
    await assert.rejects(collection.insert('cas', {}), DocumentExistsError)
    await collection.replace('cas', { version: 2 }, { cas })
    await assert.rejects(collection.replace('cas', { version: 3 }, { cas }), CasMismatchError)
    assert.deepEqual(await stored(collection, 'cas'), { version: 2 })
  })

  it('keeps buckets apart', async (t) => {
    const [first, other] = server().buckets
    assert.ok(first && other)
    assert.deepEqual([first.bucket, other.bucket], [server().bucket, 'other'])
    await (await use(t, first)).collection.insert('apart', {})
    assert.equal(await stored((await use(t, other)).collection, 'apart'), undefined)
  })

  it('answers nothing while it is paused, and goes on when resumed', async (t) => {
    const { collection } = await use(t, server())
    await collection.upsert('paused', { kept: true })
    server().pause()
    t.after(() => server().resume())
    await waitFor('it is paused', () => timesOut(collection.get('paused', { timeout: 200 })))
    server().resume()
    assert.deepEqual(await stored(collection, 'paused'), { kept: true })
  })

  it('is gone when killed, and leaves no files when stopped', async (t) => {
    process.env['TMPDIR'] = await tempDir(t)
    t.after(() => delete process.env['TMPDIR'])
    const victim = await startMockServer()
    t.after(() => victim.stop())
    await victim.kill()
    await waitFor('it is gone', () => !isAlive(victim))
    await victim.stop()
    assert.deepEqual(await readdir(tmpdir()), [])
  })

  it('says what it printed when it can not start, and leaves no files', async (t) => {
    process.env['TMPDIR'] = await tempDir(t)
    t.after(() => delete process.env['TMPDIR'])
    await assert.rejects(startMockServer({ jvm: ['-XX:+NoSuchOption'] }), /NoSuchOption/)
    assert.deepEqual(await readdir(tmpdir()), [])
  })
})

async function timesOut(asked: Promise<unknown>): Promise<boolean> {
  const outcome = await asked.catch((error: unknown) => error)
  return outcome instanceof UnambiguousTimeoutError
}

async function use(t: TestContext, bucket: MockBucket): Promise<Client> {
  const client = await connectTo(bucket)
  t.after(() => client.close())
  return client
}

function isAlive({ pid }: MockServer): boolean {
  try {
    return process.kill(pid, 0)
  } catch {
    return false
  }
}
