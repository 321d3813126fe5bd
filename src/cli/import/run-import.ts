import { OrdermillError } from '../../errors.ts'
import { cutChunks } from './chunks.ts'
import type { Content } from './content.ts'
import { readEntries, type ImportFormat } from './entries.ts'
import { addChunk, type ImportProgress } from './progress.ts'
import type { Bar } from './progress-bar.ts'
import type { Rejects } from './rejects.ts'
import type { OpenImport } from './target.ts'

export type ImportRun = Readonly<{
  content: Content
  format: ImportFormat
  target: OpenImport
  rejects: Rejects
  bar: Bar
  signal: AbortSignal
}>

/**
 * Appends what is not appended yet; resolves when all of it is durable.
 *
 * @throws {OrdermillError} INTERRUPTED after the chunks in flight, and what the target refuses with
 */
export async function runImport(run: ImportRun): Promise<ImportProgress> {
  const { content, format, target, rejects, bar, signal } = run
  let progress = target.start
  for await (const chunk of cutChunks(readEntries(content, format, progress.end), target.limits)) {
    if (signal.aborted) {
      await target.flush()
      throw interrupted(progress)
    }
    await rejects.add(chunk.refused)
    progress = addChunk(progress, chunk)
    await target.write(chunk, progress)
    bar.update(progress.end.bytes, progress.end.lines)
  }
  await target.flush()
  const complete = { ...progress, end: { ...progress.end, bytes: content.bytes }, isDone: true }
  await target.complete(complete)
  return complete
}

function interrupted({ end }: ImportProgress): OrdermillError {
  return new OrdermillError(
    'INTERRUPTED',
    `stopped behind line ${end.lines}: run the same command again to go on, no order is counted twice`,
  )
}
