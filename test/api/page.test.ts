import assert from 'node:assert/strict'
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { openTestApi } from '../support/api.ts'
import { tempDir } from '../support/temp.ts'

type Cleanup = Parameters<typeof openTestApi>[0] & Parameters<typeof tempDir>[0]

async function builtPage(t: Cleanup) {
  const directory = await tempDir(t)
  const staticDir = join(directory, 'dist')
  await mkdir(join(staticDir, 'assets'), { recursive: true })
  await writeFile(join(directory, 'secret.txt'), 'secret')
  await writeFile(join(staticDir, 'index.html'), '<!doctype html><title>page</title>')
  await writeFile(join(staticDir, 'assets', 'app-1a2b.js'), 'export {}')
  return openTestApi(t, { staticDir })
}

describe('the page', () => {
  it('is its files, and its start page for every view of it', async (t) => {
    const { call } = await builtPage(t)
    for (const url of ['/', '/orders', '/orders/17?open=1', '/index.html']) {
      const { status, text, headers } = await call({ url })
      assert.deepEqual([status, text.includes('<title>page')], [200, true], url)
      assert.equal(headers['cache-control'], 'no-cache', url)
      assert.doesNotMatch(String(headers['content-security-policy']), /unsafe/)
    }
    const asset = await call({ url: '/assets/app-1a2b.js' })
    assert.match(String(asset.headers['content-type']), /javascript/)
    assert.match(String(asset.headers['cache-control']), /immutable/)
    assert.equal((await call({ method: 'HEAD', url: '/' })).status, 200)
  })

  it('is not what an unknown API path or asset gets', async (t) => {
    const { call } = await builtPage(t)
    for (const url of ['/api/v1/nothing', '/api', '/assets/old-ffff.js']) {
      const { status, headers } = await call({ url })
      assert.deepEqual([status, headers['content-type']], [404, 'application/problem+json; charset=utf-8'], url)
    }
  })

  it('gives no file outside its folder', async (t) => {
    const { call } = await builtPage(t)
    for (const url of [
      '/../secret.txt',
      '/%2e%2e/secret.txt',
      '/..%2fsecret.txt',
      '/assets/..%2f..%2fsecret.txt',
      '/%2e%2e%5csecret.txt',
      '/a%00b',
      '/%25zz',
    ]) {
      assert.doesNotMatch((await call({ url })).text, /^secret/, url)
    }
  })

  it('says how to build it when it is not there', async (t) => {
    const { call } = await openTestApi(t, { staticDir: join(await tempDir(t), 'missing') })
    const { status, text } = await call({ url: '/' })
    assert.equal(status, 503)
    assert.match(text, /npm run build/)
  })
})
