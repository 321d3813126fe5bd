import assert from 'node:assert/strict'
import { once } from 'node:events'
import { connect, createServer, type AddressInfo, type Socket } from 'node:net'
import { beforeEach, describe, it, type TestContext } from 'node:test'
import { startProxy, type TcpProxy } from '../support/tcp-proxy.ts'
import { waitFor } from '../support/wait-for.ts'

/** Tells what it received, and answers each chunk with itself. */
type Target = Readonly<{ port: number; received: () => string; sockets: Socket[] }>

async function startTarget(t: TestContext): Promise<Target> {
  const sockets: Socket[] = []
  let received = ''
  const server = createServer((socket) => {
    sockets.push(socket.on('error', () => {}))
    socket.on('data', (chunk: Buffer) => {
      received += String(chunk)
      socket.write(chunk)
    })
  })
  await once(server.listen(0, '127.0.0.1'), 'listening')
  t.after(() => {
    server.close()
    for (const socket of sockets) socket.destroy()
  })
  return { port: (server.address() as AddressInfo).port, received: () => received, sockets }
}

type Client = Readonly<{ socket: Socket; received: () => string; error: () => string | undefined }>

function startClient(t: TestContext, port: number): Client {
  const socket = connect({ port, host: '127.0.0.1' })
  t.after(() => void socket.destroy())
  let received = ''
  let error: string | undefined
  socket.on('data', (chunk: Buffer) => (received += String(chunk)))
  socket.on('error', (reason) => (error = 'code' in reason ? String(reason.code) : reason.message))
  return { socket, received: () => received, error: () => error }
}

describe('the TCP proxy', () => {
  let target: Target
  let proxy: TcpProxy
  let client: Client

  beforeEach(async (t) => {
    assert.ok('after' in t)
    target = await startTarget(t)
    proxy = await startProxy({ target: target.port })
    t.after(() => proxy.close())
    client = startClient(t, proxy.port)
    await askAndHear(client, 'hello')
  })

  it('takes its time', async () => {
    proxy.latency(100)
    const start = performance.now()
    await askAndHear(client, 'late')
    const elapsedMs = performance.now() - start
    assert.ok(elapsedMs >= 195, `${elapsedMs} ms there and back`)
  })

  it('carries as much as it is told', async () => {
    proxy.bandwidth(1 << 20)
    const start = performance.now()
    await askAndHear(client, 'x'.repeat(1 << 19))
    const elapsedMs = performance.now() - start
    assert.ok(elapsedMs >= 490, `${elapsedMs} ms for half of what takes a second`)
  })

  it('keeps latency from bounding the rate', async () => {
    proxy.latency(50)
    const start = performance.now()
    await askAndHear(client, 'x'.repeat(8 << 20))
    const elapsedMs = performance.now() - start
    assert.ok(elapsedMs < 3_000, `${elapsedMs} ms for 128 chunks and more, each way`)
  })

  it('resets both ends', async () => {
    proxy.reset()
    await waitFor('the client is reset', () => client.error() === 'ECONNRESET')
    await waitFor('the target is reset', () => target.sockets[0]?.closed === true)
    assert.equal(target.sockets[0]?.errored instanceof Error, true)
    assert.equal(proxy.connectionCount(), 0)
  })

  it('refuses new connections and keeps those it has, until it accepts again', async (t) => {
    proxy.refuse()
    const refused = startClient(t, proxy.port)
    await waitFor('it is refused', () => refused.error() === 'ECONNREFUSED')
    await askAndHear(client, 'still here')
    await proxy.accept()
    await askAndHear(startClient(t, proxy.port), 'back')
  })

  it('is silent when half open, and delivers late what a client sent that gave up', async (t) => {
    proxy.halfOpen()
    client.socket.write('unanswered')
    const late = startClient(t, proxy.port)
    await once(late.socket, 'connect')
    late.socket.write(' late')
    await waitFor('both connections are kept', () => proxy.connectionCount() === 2)
    late.socket.resetAndDestroy()
    // What would arrive wrongly would be faster than a connection that goes around the proxy.
    await askAndHear(startClient(t, target.port), ' around')
    assert.equal(target.received(), 'hello around')
    assert.deepEqual([client.received(), client.socket.closed], ['hello', false])

    proxy.forward()
    await waitFor('the answer comes', () => client.received() === 'hellounanswered')
    await waitFor('the effect comes', () => target.received().includes(' late'))
    await waitFor('the end comes', () => target.sockets[1]?.closed === true)
  })

  it('keeps the end of the target to itself when half open', async (t) => {
    proxy.halfOpen()
    target.sockets[0]?.resetAndDestroy()
    await askAndHear(startClient(t, target.port), ' around')
    assert.equal(client.socket.closed, false)
    proxy.forward()
    await waitFor('the client is reset', () => client.error() === 'ECONNRESET')
  })

  it('loses replies after the effect, and does not go on as if it had not', async (t) => {
    proxy.dropReplies()
    client.socket.write(' effect')
    await waitFor('the reply is lost', () => proxy.droppedBytes() === ' effect'.length)
    assert.equal(target.received(), 'hello effect')
    assert.equal(client.received(), 'hello')
    const unharmed = startClient(t, proxy.port)
    await once(unharmed.socket, 'connect')
    await waitFor('it is known', () => proxy.connectionCount() === 2)
    proxy.forward()
    await waitFor('the client is reset', () => client.error() === 'ECONNRESET')
    await askAndHear(unharmed, 'on')
  })

  it('resets who comes while the target is down', async (t) => {
    proxy.forwardTo(1)
    const lost = startClient(t, proxy.port)
    await waitFor('it is reset', () => lost.error() === 'ECONNRESET')
  })

  it('passes the end of one side to the other', async () => {
    client.socket.end(' bye')
    await once(client.socket, 'close')
    assert.equal(client.received(), 'hello bye')
    await waitFor('nothing is left', () => proxy.connectionCount() === 0)
  })
})

/** Resolves when the target's echo has arrived. */
async function askAndHear({ socket, received }: Client, text: string): Promise<void> {
  const length = received().length + text.length
  socket.write(text)
  await waitFor(`${text.slice(0, 20)} is answered`, () => received().length === length)
}
