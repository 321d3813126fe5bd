import { OrdermillError } from '../../errors.ts'
import type { Log } from '../../ports/log.ts'
import { logClosed } from '../../ports/log-errors.ts'
import { describeTopics, groupLag, groupNames, offsetAt, readRange } from './log-queries.ts'
import { stateOf, type LogState } from './log-state.ts'
import type { LogStorage } from './log-storage.ts'

/** The queries of a log that somebody else writes; each answer is as of its call. */
export function openReadOnlyLog(storage: LogStorage): Log {
  let closed = false
  const query = async <Result>(answer: (state: LogState) => Result): Promise<Result> => {
    if (closed) throw logClosed()
    return await Promise.resolve(answer(stateOf(storage.load())))
  }
  return {
    append: () => refuse('append to it'),
    transform: () => refuse('work in a consumer group'),
    createTopics: () => refuse('create topics'),
    deleteTopic: () => refuse('delete topics'),
    seek: () => refuse('move a group'),
    read: (range) => query((state) => readRange(storage, state, range)),
    topics: () => query(describeTopics),
    lag: (group) => query((state) => groupLag(storage, state, group)),
    groups: () => query(groupNames),
    offsetAt: (topic, partition, timestampMs) =>
      query((state) => offsetAt(storage, state, { topic, partition }, timestampMs)),
    // Members are in the memory of the process that writes, and none can be in this one.
    members: () => query(() => []),
    close: () => {
      if (!closed) storage.close()
      closed = true
      return Promise.resolve()
    },
  }
}

function refuse(what: string): Promise<never> {
  const who = 'only the process that holds the data directory may, through the log that it opened for writing'
  return Promise.reject(
    new OrdermillError('LOG_UNAVAILABLE', `This log is open for reading and can't ${what}: ${who}.`),
  )
}
