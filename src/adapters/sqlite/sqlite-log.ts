import type { Log } from '../../ports/log.ts'
import { openInProcessLog } from '../in-process/in-process-log.ts'
import type { LogStorage } from '../in-process/log-storage.ts'
import { openReadOnlyLog } from '../in-process/read-only-log.ts'
import type { Runtime } from '../in-process/runtime.ts'
import { createChunkCache } from './sqlite-log-cache.ts'
import { withLogErrors } from './sqlite-log-errors.ts'
import { readSqliteLog } from './sqlite-log-reader.ts'
import { closingOnError, limitFile, openForReading, openForWriting } from './sqlite-log-schema.ts'
import { writeSqliteLog } from './sqlite-log-writer.ts'

const cacheBytesMaxDefault = 12 * 1024 * 1024

export type SqliteLogOptions = Partial<Runtime> &
  Readonly<{
    file: string
    /** Queries alone, beside the one writer: from another thread or process. The file must be there. */
    readOnly?: boolean
    /** Memory for decoded records. */
    cacheBytesMax?: number
    /** How large the file may grow; beyond it writes are refused as if the disk were full. */
    fileBytesMax?: number
  }>

/** A log in one SQLite file. One process writes it at a time; a second one that opens it takes it over. */
export function openSqliteLog({
  file,
  readOnly = false,
  cacheBytesMax = cacheBytesMaxDefault,
  fileBytesMax,
  ...runtime
}: SqliteLogOptions): Log {
  const storage = openStorage({ file, readOnly, cacheBytesMax, fileBytesMax })
  if (readOnly) return openReadOnlyLog(storage)
  try {
    return openInProcessLog(storage, runtime)
  } catch (error) {
    storage.close()
    throw error
  }
}

type StorageOptions = Readonly<{
  file: string
  readOnly: boolean
  cacheBytesMax: number
  fileBytesMax: number | undefined
}>

function openStorage({ file, readOnly, cacheBytesMax, fileBytesMax }: StorageOptions): LogStorage {
  const db = withLogErrors(file, () => (readOnly ? openForReading(file) : openForWriting(file)))
  const { reader, write } = withLogErrors(file, () =>
    closingOnError(db, () => {
      if (fileBytesMax !== undefined) limitFile(db, fileBytesMax)
      const cache = createChunkCache(cacheBytesMax)
      const reading = readSqliteLog(db, file, cache)
      const { topicNumber } = reading
      return { reader: reading, write: readOnly ? cannotWrite : writeSqliteLog({ db, file, cache, topicNumber }) }
    }),
  )
  return {
    load: () => withLogErrors(file, reader.load),
    chunk: (partition, offset, recordsMax) => withLogErrors(file, () => reader.chunk(partition, offset, recordsMax)),
    firstOffsetSince: (partition, timestampMs) =>
      withLogErrors(file, () => reader.firstOffsetSince(partition, timestampMs)),
    write: (change) => withLogErrors(file, () => write(change)),
    close: () => db.close(),
  }
}

function cannotWrite(): never {
  throw new TypeError('a log that was opened for reading writes nothing')
}
