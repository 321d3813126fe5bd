import assert from 'node:assert/strict'
import { readdir } from 'node:fs/promises'
import { describe, it } from 'node:test'
import { freePort } from '../support/free-port.ts'
import { runCli, startCli } from '../support/run-cli.ts'
import { tempDir } from '../support/temp.ts'

describe('ordermill run', () => {
  it('refuses the embedded log, and says what runs all in one process', async (t) => {
    const dataDir = await tempDir(t)
    const started = ['payment', 'api'].map((service) => startCli(['run', service], { dataDir, env: { PORT: '0' } }))
    // One that is not refused would run on.
    t.after(() => started.map(({ child }) => child.kill('SIGKILL')))
    const results = await Promise.all(started.map(({ done }) => done))
    for (const { code, stdout, stderr } of results) {
      assert.deepEqual([code, stdout], [2, ''])
      assert.match(stderr, /^ordermill: CONFIG_INVALID: [^\n]*"ordermill start"[^\n]*KAFKA_BOOTSTRAP_SERVERS\n$/)
    }
    assert.deepEqual(await readdir(dataDir), [])
  })

  it('refuses what is no service', async (t) => {
    const { code, stderr } = await runCli(['run', 'kitchen'], { dataDir: await tempDir(t) })
    assert.equal(code, 2)
    assert.match(stderr, /^ordermill: USAGE: [^\n]*kitchen[^\n]*payment[^\n]*\n$/)
  })

  it('listens beyond loopback for its health only when tokens are configured', async (t) => {
    const env = {
      KAFKA_BOOTSTRAP_SERVERS: '127.0.0.1:1',
      ORDERMILL_STORE: 'sqlite',
      ORDERMILL_HEALTH_PORT: '0',
      HOST: '0.0.0.0',
    }
    const { code, stderr } = await runCli(['run', 'fraud'], { dataDir: await tempDir(t), env })
    assert.equal(code, 2)
    assert.match(stderr, /^ordermill: CONFIG_INVALID: HOST is 0\.0\.0\.0.*ORDERMILL_TOKENS.*\n$/)
  })

  it('fails within its time when no broker is there, in one line and without a trace', async (t) => {
    const dataDir = await tempDir(t)
    const broker = `127.0.0.1:${await freePort()}`
    const env = { KAFKA_BOOTSTRAP_SERVERS: broker, ORDERMILL_STORE: 'sqlite', PORT: '0' }
    const commands = [['run', 'fraud'], ['run', 'api'], ['start'], ['topics'], ['topics', 'create']]
    const check = async (args: readonly string[]) => {
      const { code, stdout, stderr } = await runCli(args, { dataDir, env })
      assert.deepEqual([code, stdout], [1, ''], args.join(' '))
      assert.match(stderr, new RegExp(`^ordermill: LOG_UNAVAILABLE: no broker of ${broker} [^\n]+\n$`))
    }
    await Promise.all(commands.map(check))
    assert.deepEqual(await readdir(dataDir), [])
  })
})
