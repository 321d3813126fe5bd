import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readFileSync, readlinkSync } from 'node:fs'
import { readdir } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { platform } from 'node:process'
import { createInterface } from 'node:readline'
import { after, before, describe, it } from 'node:test'
import { fileURLToPath } from 'node:url'
import { brokersKnownAt } from '../support/kafka/brokers-known-at.ts'
import { startBroker } from '../support/kafka/broker.ts'
import { readCommitted } from '../support/kafka/committed-reader.ts'
import { kafkaSuiteOptions, useOwnBroker } from '../support/kafka/suite.ts'
import { startProxy } from '../support/tcp-proxy.ts'
import { tempDir } from '../support/temp.ts'
import { waitFor } from '../support/wait-for.ts'
import { advertisedPorts, createTopic, send } from './client.ts'

const orphanParent = fileURLToPath(new URL('./orphan-parent.ts', import.meta.url))
const proxy = await startProxy()
// Of the file, as a suite that is skipped closes nothing.
after(() => proxy.close())

describe('a broker for tests', kafkaSuiteOptions({ ownBroker: true }), () => {
  const broker = useOwnBroker({ advertisedPort: proxy.port })
  before(() => proxy.forwardTo(broker().proxiedPort ?? 0))

  it('sends clients of its second listener to the proxy, and others around it', async () => {
    assert.deepEqual(await advertisedPorts(`127.0.0.1:${proxy.port}`), [proxy.port])
    assert.deepEqual(await advertisedPorts(broker().bootstrap), [broker().port])
  })

  it('answers nothing while it is paused, and goes on when resumed', async (t) => {
    t.after(() => broker().resume())
    broker().pause()
    // On busy processors its threads run on for some milliseconds after the signal.
    await waitFor('it is silent', async () => (await brokersKnownAt(broker().port)).length === 0)
    assert.deepEqual(await brokersKnownAt(broker().port), [])
    broker().resume()
    await waitFor('it answers again', async () => (await brokersKnownAt(broker().port)).length === 1)
  })

  it('keeps its ports and its records over a clean and an unclean restart', async () => {
    const { bootstrap, port, restart, kill } = broker()
    await createTopic(bootstrap, 'kept')
    const pids = [broker().pid]
    await send(bootstrap, 'kept', 'before')
    await restart()
    pids.push(broker().pid)
    await send(bootstrap, 'kept', 'between')
    await kill()
    assert.deepEqual(await brokersKnownAt(port), [])
    await restart()
    pids.push(broker().pid)
    const records = await readCommitted(bootstrap, ['kept'])
    assert.deepEqual(
      records.map(({ value }) => String(value)),
      ['before', 'between'],
    )
    assert.equal(new Set(pids).size, 3)
  })

  it('says what it printed when it can not start, and leaves no files', async (t) => {
    process.env['TMPDIR'] = await tempDir(t)
    t.after(() => delete process.env['TMPDIR'])
    await assert.rejects(startBroker({ properties: { 'num.partitions': 'many' } }), /num\.partitions/)
    assert.deepEqual(await readdir(tmpdir()), [])
  })

  // The directory of a process is known by /proc alone.
  it('dies with a test that is killed, even when paused, and leaves no files', { skip: notLinux() }, async (t) => {
    const parent = spawn(process.execPath, [orphanParent], { stdio: ['ignore', 'pipe', 'inherit'] })
    t.after(() => parent.kill('SIGKILL'))
    const [line] = (await once(createInterface({ input: parent.stdout }), 'line')) as [string]
    const pid = Number(line)
    const directory = readlinkSync(`/proc/${pid}/cwd`)
    assert.deepEqual([isAlive(pid), existsSync(directory)], [true, true])
    parent.kill('SIGKILL')
    await waitFor('it is gone', () => !isAlive(pid))
    await waitFor('nothing is left', () => !existsSync(directory))
  })
})

function notLinux(): string | false {
  return platform !== 'linux' && 'not here: needs /proc'
}

/** A zombie is dead: nobody may be there to wait for it. */
function isAlive(pid: number): boolean {
  try {
    return !/^State:\sZ/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'))
  } catch {
    return false
  }
}
