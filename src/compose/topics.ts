import { alertsTopic } from '../codec/alert-codec.ts'
import { analyticsTopic } from '../codec/analytics-codec.ts'
import { deadLetterTopic, letterOverheadBytesMax, retryTopic } from '../codec/dead-letter-codec.ts'
import { orderGroups, viewsGroup } from '../codec/groups.ts'
import { operationsTopic } from '../codec/operation-codec.ts'
import { outcomesTopic, paymentsTopic } from '../codec/payment-codec.ts'
import type { Config } from '../config.ts'
import { dayMs, hourMs } from '../domain/window.ts'
import { OrdermillError } from '../errors.ts'
import type { TopicSpec } from '../ports/log.ts'
import { viewsTopics } from '../services/views-service.ts'

/** Kafka's default limit of a record. */
const recordBytesMax = 1024 * 1024
/** Snapshots are superseded by the next one; a week of them is history enough. */
const snapshotRetentionMs = 7 * dayMs

/** How far `ordermill import` got with each file: appended together with the orders themselves. */
export const importsTopic = 'ordermill-imports'

/** The request to redrive an edited letter, whose bytes are in it as base64. */
const operationBytesMax = 2 * recordBytesMax

/** What is redriven is a letter of an order. */
const retryBytesMax = recordBytesMax + letterOverheadBytesMax
/** A letter must fit whatever is refused: an order, a redriven letter, or a letter that the views can't read. */
const letterBytesMax = recordBytesMax + 2 * letterOverheadBytesMax

/**
 * Every topic of the system, as it is created when it is missing.
 *
 * @throws {OrdermillError} CONFIG_INVALID when the input topic is one that the services write: they would read themselves
 */
export function topicSpecs({ topic, partitions, retentionHours, deadLetterTopics }: Config): readonly TopicSpec[] {
  const output = { partitions, recordBytesMax }
  const groups = Object.values(orderGroups)
  const specs = [
    { name: topic, ...output, ...(retentionHours > 0 ? { retentionMs: retentionHours * hourMs } : {}) },
    { name: alertsTopic, ...output },
    { name: paymentsTopic, ...output },
    { name: outcomesTopic, ...output },
    { name: analyticsTopic, partitions: 1, recordBytesMax, retentionMs: snapshotRetentionMs },
    { name: importsTopic, partitions: 1, recordBytesMax },
    { name: operationsTopic, partitions: 1, recordBytesMax: operationBytesMax },
    ...groups.map((group) => ({ name: retryTopic(topic, group), partitions: 1, recordBytesMax: retryBytesMax })),
    ...groups.map((group) => ({ name: deadLetterTopic(topic, group), partitions: 1, recordBytesMax: letterBytesMax })),
    {
      name: deadLetterTopic(alertsTopic, viewsGroup),
      partitions: 1,
      recordBytesMax: letterBytesMax + letterOverheadBytesMax,
    },
  ]
  refuseReadingOwn(specs, deadLetterTopics, topic)
  if (specs.filter(({ name }) => name === topic).length === 1) return specs
  throw new OrdermillError(
    'CONFIG_INVALID',
    `TOPIC_NAME is ${topic}, which ordermill writes itself: choose another topic`,
  )
}

/** Whatever else is in them, it would be refused as no dead letter, record by record. */
function refuseReadingOwn(specs: readonly TopicSpec[], deadLetterTopics: readonly string[], topic: string): void {
  const letters = new Set(viewsTopics(topic))
  const own = deadLetterTopics.find((name) => !letters.has(name) && specs.some((spec) => spec.name === name))
  if (own === undefined) return
  throw new OrdermillError(
    'CONFIG_INVALID',
    `ORDERMILL_DEAD_LETTER_TOPICS names ${own}, which holds no dead letters: name topics of other systems`,
  )
}
