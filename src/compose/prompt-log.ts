import { OrdermillError } from '../errors.ts'
import { inTime } from '../pipeline/in-time.ts'
import type { Log } from '../ports/log.ts'

/** A page that waits longer looks dead, and probes give up. */
const answerWithinMs = 3_000

/** For who looks on: a log that is away says so soon, while those who work on it wait for it. */
export function promptLog<Asked extends Pick<Log, 'topics' | 'lag' | 'groups' | 'members' | 'offsetAt' | 'read'>>(
  log: Asked,
): Asked {
  const late = (): never => {
    throw new OrdermillError('LOG_UNAVAILABLE', `the log gave no answer within ${answerWithinMs} ms: it is asked again`)
  }
  return {
    ...log,
    topics: () => inTime(log.topics(), answerWithinMs, late),
    lag: (group: string) => inTime(log.lag(group), answerWithinMs, late),
    groups: () => inTime(log.groups(), answerWithinMs, late),
    members: (group: string) => inTime(log.members(group), answerWithinMs, late),
    offsetAt: (topic: string, partition: number, timestampMs: number) =>
      inTime(log.offsetAt(topic, partition, timestampMs), answerWithinMs, late),
    read: (range: Parameters<Log['read']>[0]) => inTime(log.read(range), answerWithinMs, late),
  }
}
