import { connect } from 'node:net'

/** 14 bytes: Metadata (3) in version 0, correlation id 1, a client without a name, no topics. */
const request = Buffer.from('0000000e 0003 0000 00000001 ffff 00000000'.replaceAll(' ', ''), 'hex')
const replyTimeoutMs = 2_000

/**
 * The ids of the brokers that the one on `port` tells clients about; none while it doesn't answer.
 * A broker that listens but isn't admitted to the cluster yet is missing from its own answer.
 */
export function brokersKnownAt(port: number): Promise<readonly number[]> {
  return new Promise((resolve) => {
    const socket = connect({ port, host: '127.0.0.1', timeout: replyTimeoutMs }, () => socket.write(request))
    let reply = Buffer.alloc(0)
    socket.on('data', (chunk: Buffer) => {
      reply = Buffer.concat([reply, chunk])
      if (reply.length < 4 || reply.length < 4 + reply.readInt32BE(0)) return
      resolve(brokerIds(reply))
      socket.destroy()
    })
    socket.on('timeout', () => socket.destroy())
    socket.on('error', () => {})
    socket.on('close', () => resolve([]))
  })
}

/** After size, correlation id and count: id, length of the host, host and port of each broker. */
function brokerIds(reply: Buffer): number[] {
  const ids: number[] = []
  let at = 12
  for (let left = reply.readInt32BE(8); left > 0; left -= 1) {
    ids.push(reply.readInt32BE(at))
    at += 4 + 2 + reply.readInt16BE(at + 4) + 4
  }
  return ids
}
