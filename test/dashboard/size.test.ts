import assert from 'node:assert/strict'
import { globSync, readFileSync } from 'node:fs'
import { describe, it } from 'node:test'
import { fileURLToPath } from 'node:url'
import { gzipSync } from 'node:zlib'

const assets = fileURLToPath(new URL('../../dashboard/dist/assets', import.meta.url))

/** What a page may cost to load, of all its JavaScript together: on a slow line (1.6 Mbit/s) 250 kB are 1.3 s. */
const javaScriptBytesMax = 250_000

describe('the built page', () => {
  it(`has less than ${javaScriptBytesMax / 1000} kB of JavaScript, compressed`, () => {
    const files = globSync(`${assets}/*.js`)
    assert.ok(files.length > 0, 'the page is not built: npm run build')
    const sizes = files.map((file) => gzipSync(readFileSync(file)).length)
    const bytes = sizes.reduce((sum, size) => sum + size, 0)
    assert.ok(bytes < javaScriptBytesMax, `${bytes} bytes in ${files.length} files`)
  })
})
