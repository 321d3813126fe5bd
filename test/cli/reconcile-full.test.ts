import assert from 'node:assert/strict'
import { once } from 'node:events'
import { readdir } from 'node:fs/promises'
import { describe, it } from 'node:test'
import { orderLines } from '../support/order-lines.ts'
import { jsonOf, runCli, startCli } from '../support/run-cli.ts'
import { tempDir } from '../support/temp.ts'
import { waitFor } from '../support/wait-for.ts'

describe('reconcile --full without a server', () => {
  it('removes what a killed check left, and nothing that another one uses', async (t) => {
    const dataDir = await tempDir(t)
    const check = () => runCli(['reconcile', '--full', '--json'], { dataDir })
    const scratches = async () =>
      (await readdir(dataDir)).filter((name) => /\.scratch\.(db|lock)$/.test(name)).toSorted()
    const imported = await runCli(['import', '-'], { dataDir, input: orderLines(4_000).ndjson })
    assert.equal(imported.code, 0, imported.stderr)

    const { child } = startCli(['reconcile', '--full'], { dataDir })
    const ended = once(child, 'exit')
    t.after(() => child.kill('SIGKILL'))
    await waitFor('a check has begun', async () => (await scratches()).some((name) => name.endsWith('.db')))
    child.kill('SIGSTOP')
    const used = await scratches()
    assert.equal(used.length, 2, used.join())

    const { code, ...beside } = await check()
    assert.equal(code, 0, beside.stderr)
    assert.equal(jsonOf<{ differences: number }>({ code, ...beside }).differences, 0)
    assert.deepEqual(await scratches(), used)

    child.kill('SIGKILL')
    await ended
    assert.deepEqual(await scratches(), used)
    assert.equal((await check()).code, 0)
    assert.deepEqual(
      (await readdir(dataDir)).filter((name) => name.startsWith('own-check-')),
      [],
    )
  })
})
