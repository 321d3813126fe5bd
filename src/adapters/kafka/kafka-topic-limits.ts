import { ConfigResourceTypes, describeConfigsV4 } from '@platformatic/kafka'
import type { Cluster, Topic } from './kafka-cluster.ts'
import { hasProtocolError } from './kafka-errors.ts'

/** Kafka limits a batch, the port a record: a batch of one record is larger than the record by less than this. */
export const batchMarginBytes = 1_024
/** `max.message.bytes` of a broker that nobody changed. */
const batchBytesMaxDefault = 1_048_588

export type TopicLimits = Readonly<{ batchBytesMax: number; recordBytesMax: number }>

/** How large batches and records of a topic may be, asked once for each topic. */
export function openTopicLimits(cluster: Cluster): (topic: Topic) => Promise<TopicLimits> {
  const known = new Map<string, TopicLimits>()
  return async ({ name, id }) => {
    const found = known.get(id)
    if (found) return found
    const batchBytesMax = await cluster.persistently(() => askBatchBytesMax(cluster, name))
    const limits = { batchBytesMax, recordBytesMax: batchBytesMax - batchMarginBytes }
    known.set(id, limits)
    return limits
  }
}

const key = 'max.message.bytes'

async function askBatchBytesMax(cluster: Cluster, topic: string): Promise<number> {
  const resource = { resourceType: ConfigResourceTypes.TOPIC, resourceName: topic, configurationKeys: [key] }
  try {
    const { results } = await cluster.askAny((broker) =>
      cluster.shared.ask(broker, describeConfigsV4.api, [resource], false, false),
    )
    return Number(results[0]?.configs.find(({ name }) => name === key)?.value ?? batchBytesMaxDefault)
  } catch (error) {
    // Describing a topic is a right of its own; writing to it does not need it.
    if (hasProtocolError(error, 'TOPIC_AUTHORIZATION_FAILED')) return batchBytesMaxDefault
    throw error
  }
}
