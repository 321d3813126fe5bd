import type { Socket } from 'node:net'

/** Requests of the memcached binary protocol, which Couchbase speaks. */
export const opcodes = {
  get: 0x00,
  /** `upsert` */
  set: 0x01,
  /** `insert` */
  add: 0x02,
  replace: 0x03,
  /** `remove` */
  delete: 0x04,
  increment: 0x05,
  decrement: 0x06,
  noop: 0x0a,
  append: 0x0e,
  prepend: 0x0f,
  touch: 0x1c,
  getAndTouch: 0x1d,
  hello: 0x1f,
  getAndLock: 0x94,
  unlock: 0x95,
  getClusterConfig: 0xb5,
  /** `lookupIn` */
  subdocLookup: 0xd0,
  /** `mutateIn` */
  subdocMutate: 0xd1,
} as const

/** How the server answers. */
export const statuses = {
  success: 0x00,
  keyNotFound: 0x01,
  keyExists: 0x02,
  notMyVbucket: 0x07,
  locked: 0x09,
  outOfMemory: 0x82,
  internalError: 0x84,
  busy: 0x85,
  temporaryFailure: 0x86,
} as const

const headerBytes = 24
const requestMagic = 0x80
const flexibleMagics = new Set([0x08, 0x18])
const replyMagic = 0x81

export type Frame = Readonly<{
  bytes: Buffer
  opcode: number
  /** Of a reply. */
  status: number
  /** Joins a reply to its request. */
  opaque: number
  cas: bigint
  key: string
  value: Buffer
}>

/**
 * Big-endian: magic, opcode, key length (2 bytes, or 1 of framing extras and 1 of the key), extras length, data type,
 * virtual bucket or status (2), body length (4), opaque (4), compare-and-swap (8); framing extras, extras, key, value.
 */
export function frameOf(bytes: Buffer): Frame {
  const magic = bytes.readUInt8(0)
  const isFlexible = flexibleMagics.has(magic)
  const framingLength = isFlexible ? bytes.readUInt8(2) : 0
  const keyLength = isFlexible ? bytes.readUInt8(3) : bytes.readUInt16BE(2)
  const keyStart = headerBytes + framingLength + bytes.readUInt8(4)
  return {
    bytes,
    opcode: bytes.readUInt8(1),
    status: bytes.readUInt16BE(6),
    opaque: bytes.readUInt32BE(12),
    cas: bytes.readBigUInt64BE(16),
    key: bytes.toString('utf8', keyStart, keyStart + keyLength),
    value: bytes.subarray(keyStart + keyLength),
  }
}

/** The frame's bytes with another value. */
export function withValue({ bytes, value }: Frame, other: Buffer): Buffer {
  const changed = Buffer.concat([bytes.subarray(0, bytes.length - value.length), other])
  changed.writeUInt32BE(changed.length - headerBytes, 8)
  return changed
}

/** A request of nothing but an opcode. */
export function requestOf(opcode: number): Buffer {
  const bytes = Buffer.alloc(headerBytes)
  bytes.writeUInt8(requestMagic, 0)
  bytes.writeUInt8(opcode, 1)
  return bytes
}

/** A reply of nothing but a status. */
export function replyTo(request: Frame, status: number): Buffer {
  const bytes = Buffer.alloc(headerBytes)
  bytes.writeUInt8(replyMagic, 0)
  bytes.writeUInt8(request.opcode, 1)
  bytes.writeUInt16BE(status, 6)
  bytes.writeUInt32BE(request.opaque, 12)
  return bytes
}

export function onFrames(socket: Socket, take: (frame: Frame) => void): void {
  let rest: Buffer = Buffer.alloc(0)
  socket.on('data', (chunk: Buffer) => {
    rest = rest.length === 0 ? chunk : Buffer.concat([rest, chunk])
    for (let end = frameEnd(rest); end <= rest.length; end = frameEnd(rest)) {
      take(frameOf(rest.subarray(0, end)))
      rest = rest.subarray(end)
    }
  })
}

function frameEnd(bytes: Buffer): number {
  return bytes.length < headerBytes ? Infinity : headerBytes + bytes.readUInt32BE(8)
}
