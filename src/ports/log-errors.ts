import { OrdermillError } from '../errors.ts'

/* What every log says of the same mistakes. */

export function unknownTopic(topic: string): OrdermillError {
  return new OrdermillError('TOPIC_UNKNOWN', `The log has no topic ${topic}: create it first, or check its name.`)
}

export function unknownPartition(topic: string, partition: number, partitions: number): OrdermillError {
  const has = `topic ${topic} has ${partitions} partition(s), counted from 0`
  return new OrdermillError('TOPIC_UNKNOWN', `The log has no partition ${partition} of ${topic}: ${has}.`)
}

export function recordTooLarge(topic: string, bytes: number, bytesMax: number): OrdermillError {
  const what = `A record of ${bytes} bytes is more than the ${bytesMax} that topic ${topic} takes`
  return new OrdermillError('RECORD_TOO_LARGE', `${what}: nothing of this append was written. Split or shorten it.`)
}

export function logClosed(): OrdermillError {
  return new OrdermillError('LOG_UNAVAILABLE', 'The log is closed: open it again.')
}

export function fenced(group: string, topic: string, partition: number): OrdermillError {
  const what = `Partition ${partition} of ${topic} was taken away from this member of ${group}`
  return new OrdermillError('FENCED', `${what}: what it did in the meantime is dropped.`)
}

export function tooMuchPending(bytesMax: number): OrdermillError {
  const limit = `more than ${bytesMax} bytes wait to be written`
  return new OrdermillError(
    'LOG_UNAVAILABLE',
    `The log is written to faster than it takes: ${limit}. Wait for earlier appends.`,
  )
}
