import { once } from 'node:events'
import { createWriteStream } from 'node:fs'
import { finished } from 'node:stream/promises'
import { OrdermillError } from '../../errors.ts'
import { rejectText, type Refused } from './entry.ts'

/** What becomes of refused lines: the first are shown, all are in the file if there is one. */
export type Rejects = Readonly<{
  add: (refused: readonly Refused[]) => Promise<void>
  shown: () => readonly Refused[]
  close: () => Promise<void>
}>

const shownMax = 20

/** A resumed import adds to the file of the first attempt. */
export async function openRejects(file: string | undefined, isResumed: boolean): Promise<Rejects> {
  const shown: Refused[] = []
  const stream = file === undefined ? undefined : await openStream(file, isResumed)
  return {
    async add(refused) {
      shown.push(...refused.slice(0, shownMax - shown.length))
      if (!stream || refused.length === 0) return
      const text = refused.map((entry) => `${rejectText(entry)}\n`).join('')
      if (!stream.write(text)) await once(stream, 'drain')
    },
    shown: () => shown,
    async close() {
      stream?.end()
      if (stream) await finished(stream)
    },
  }
}

async function openStream(file: string, isResumed: boolean) {
  const stream = createWriteStream(file, { flags: isResumed ? 'a' : 'w' })
  try {
    await once(stream, 'open')
    return stream
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause)
    throw new OrdermillError('USAGE', `the file for refused lines can’t be written (${reason}): choose another`, {
      cause,
    })
  }
}
