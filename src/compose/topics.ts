import { alertsTopic } from '../codec/alert-codec.ts'
import { analyticsTopic } from '../codec/analytics-codec.ts'
import { deadLetterTopic, letterOverheadBytesMax, retryTopic } from '../codec/dead-letter-codec.ts'
import { outcomesTopic, paymentsTopic } from '../codec/payment-codec.ts'
import type { Config } from '../config.ts'
import type { TopicSpec } from '../ports/log.ts'
import { orderGroups } from '../services/order-input.ts'
import { viewsGroup } from '../services/views-service.ts'

/** Kafka's default limit of a record. */
const recordBytesMax = 1024 * 1024
const hourMs = 3_600_000
/** Snapshots are superseded by the next one; a week of them is history enough. */
const snapshotRetentionMs = 7 * 24 * hourMs

/** How far `ordermill import` got with each file: appended together with the orders themselves. */
export const importsTopic = 'ordermill-imports'

/** Every topic of the system, as it is created when it is missing. */
export function topicSpecs({ topic, partitions, retentionHours }: Config): readonly TopicSpec[] {
  const output = { partitions, recordBytesMax }
  const letters = { partitions: 1, recordBytesMax: recordBytesMax + letterOverheadBytesMax }
  const groups = Object.values(orderGroups)
  return [
    { name: topic, ...output, ...(retentionHours > 0 ? { retentionMs: retentionHours * hourMs } : {}) },
    { name: alertsTopic, ...output },
    { name: paymentsTopic, ...output },
    { name: outcomesTopic, ...output },
    { name: analyticsTopic, partitions: 1, recordBytesMax, retentionMs: snapshotRetentionMs },
    { name: importsTopic, partitions: 1, recordBytesMax },
    { name: deadLetterTopic(alertsTopic, viewsGroup), ...letters },
    ...groups.map((group) => ({ name: deadLetterTopic(topic, group), ...letters })),
    ...groups.map((group) => ({ name: retryTopic(topic, group), ...letters })),
  ]
}
