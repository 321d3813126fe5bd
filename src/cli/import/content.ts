import { createHash } from 'node:crypto'
import { mkdir, open, rm, type FileHandle } from 'node:fs/promises'
import { join } from 'node:path'
import { addAbortSignal, type Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { createGunzip } from 'node:zlib'
import { OrdermillError } from '../../errors.ts'

/** A file of orders, unpacked, that can be read again from any position. */
export type Content = Readonly<{
  /** Of the unpacked content, in hexadecimal. */
  sha256: string
  /** Unpacked. */
  bytes: number
  /** From `position` to where the content ended when it was hashed: a file that grows is imported up to there. */
  read: (position: number) => AsyncIterable<Buffer>
}> &
  AsyncDisposable

export type ContentOptions = Readonly<{
  /** A path, or `-` for standard input. */
  file: string
  /** Where what can't be read twice, such as standard input, is kept meanwhile. */
  spoolDir: string
  signal: AbortSignal
}>

const chunkBytes = 256 * 1024

/** @throws {OrdermillError} USAGE when the file can't be read, RECORD_INVALID when it is damaged gzip */
export async function openContent({ file, spoolDir, signal }: ContentOptions): Promise<Content> {
  const handle = file === '-' ? await spool(process.stdin, spoolDir, signal) : await openFile(file, spoolDir, signal)
  try {
    const isGzip = await startsAsGzip(handle)
    const read = (position: number) => (isGzip ? unpacked(handle, file, position) : plain(handle, position))
    const { sha256, bytes } = await digest(read(0), signal)
    return {
      sha256,
      bytes,
      read: (position) => upTo(read(position), bytes - position),
      [Symbol.asyncDispose]: () => handle.close(),
    }
  } catch (error) {
    await handle.close()
    throw error
  }
}

async function openFile(file: string, spoolDir: string, signal: AbortSignal): Promise<FileHandle> {
  let handle: FileHandle
  try {
    handle = await open(file, 'r')
  } catch (cause) {
    const reason = cause instanceof Error && 'code' in cause ? String(cause.code) : String(cause)
    throw new OrdermillError('USAGE', `${file} can’t be read (${reason}): name a file, or - for standard input`, {
      cause,
    })
  }
  const found = await handle.stat()
  if (found.isFile()) return handle
  try {
    if (found.isDirectory()) throw new OrdermillError('USAGE', `${file} is a directory: name a file in it`)
    // A pipe can be read once only.
    return await spool(handle.createReadStream({ autoClose: false }), spoolDir, signal)
  } finally {
    await handle.close()
  }
}

/** The file has no name any more, so nothing is left of it however this process ends. */
async function spool(source: Readable, directory: string, signal: AbortSignal): Promise<FileHandle> {
  await mkdir(directory, { recursive: true })
  const path = join(directory, `import-${process.pid}.spool`)
  const handle = await open(path, 'w+')
  await rm(path)
  try {
    await handle.writeFile(addAbortSignal(signal, source))
    return handle
  } catch (error) {
    await handle.close()
    if (signal.aborted)
      throw new OrdermillError('INTERRUPTED', 'stopped before all input was there: nothing is imported')
    throw error
  }
}

async function startsAsGzip(handle: FileHandle): Promise<boolean> {
  const { buffer, bytesRead } = await handle.read(Buffer.alloc(2), 0, 2, 0)
  return bytesRead === 2 && buffer[0] === 0x1f && buffer[1] === 0x8b
}

/** Not a stream: one that is left early closes the handle, and the file is read more than once. */
async function* plain(handle: FileHandle, position: number): AsyncGenerator<Buffer> {
  for (let at = position; ;) {
    const { buffer, bytesRead } = await handle.read(Buffer.allocUnsafe(chunkBytes), 0, chunkBytes, at)
    if (bytesRead === 0) return
    yield buffer.subarray(0, bytesRead)
    at += bytesRead
  }
}

async function* unpacked(handle: FileHandle, file: string, position: number): AsyncGenerator<Buffer> {
  const gunzip = createGunzip({ chunkSize: chunkBytes })
  const feeding = pipeline(plain(handle, 0), gunzip)
  // It rejects when the reader below stops early, too.
  feeding.catch(() => {})
  let skip = position
  try {
    for await (const chunk of gunzip as AsyncIterable<Buffer>) {
      if (chunk.length > skip) yield chunk.subarray(skip)
      skip = Math.max(skip - chunk.length, 0)
    }
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause)
    throw new OrdermillError('RECORD_INVALID', `${file} is no whole gzip file (${reason}): fetch it again`, { cause })
  }
}

async function* upTo(content: AsyncIterable<Buffer>, bytes: number): AsyncGenerator<Buffer> {
  let left = bytes
  for await (const chunk of content) {
    if (left <= 0) return
    yield chunk.subarray(0, left)
    left -= chunk.length
  }
}

async function digest(content: AsyncIterable<Buffer>, signal: AbortSignal) {
  const hash = createHash('sha256')
  let bytes = 0
  for await (const chunk of content) {
    if (signal.aborted) throw new OrdermillError('INTERRUPTED', 'stopped while reading the file: nothing is imported')
    hash.update(chunk)
    bytes += chunk.length
  }
  return { sha256: hash.digest('hex'), bytes }
}
