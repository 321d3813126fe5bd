import { createTopicsV7, deleteTopicsV6 } from '@platformatic/kafka'
import { OrdermillError } from '../../errors.ts'
import type { TopicDescription, TopicSpec } from '../../ports/log.ts'
import type { Cluster, Topic } from './kafka-cluster.ts'
import { unknownTopic } from '../../ports/log-errors.ts'
import { tolerating } from './kafka-errors.ts'
import { edgesOf, type Place } from './kafka-offsets.ts'
import { batchMarginBytes } from './kafka-topic-limits.ts'

const brokerTimeoutMs = 10_000

export async function createTopics(
  cluster: Cluster,
  specs: readonly TopicSpec[],
  replicationFactor: number,
): Promise<void> {
  for (const spec of specs) checkSpec(spec)
  await cluster.persistently(async () => {
    const there = await cluster.topics(specs.map(({ name }) => name))
    const missing = specs.filter(({ name }) => !there.some((topic) => topic.name === name))
    if (missing.length > 0) {
      const asked = cluster.shared.ask(
        await cluster.controller(),
        createTopicsV7.api,
        missing.map((spec) => topicOf(spec, replicationFactor)),
        brokerTimeoutMs,
        false,
      )
      await tolerating(['TOPIC_ALREADY_EXISTS'], asked)
    }
    // Brokers learn of a topic one after another, and its partitions of their leaders.
    await refuseMissing(cluster, specs)
  })
}

function checkSpec({ name, partitions }: TopicSpec): void {
  if (Number.isSafeInteger(partitions) && partitions > 0) return
  throw new OrdermillError('CONFIG_INVALID', `Topic ${name} can't have ${partitions} partitions: 1 or more.`)
}

/** Log time is the broker's: a producer's clock would order records of several hosts at will. None is compacted. */
function topicOf({ name, partitions, retentionMs = -1, recordBytesMax }: TopicSpec, replicationFactor: number) {
  const configs = {
    'cleanup.policy': 'delete',
    'retention.ms': retentionMs,
    'retention.bytes': -1,
    'max.message.bytes': recordBytesMax + batchMarginBytes,
    'message.timestamp.type': 'LogAppendTime',
  }
  return {
    name,
    numPartitions: partitions,
    replicationFactor,
    assignments: [],
    configs: Object.entries(configs).map(([key, value]) => ({ name: key, value: String(value) })),
  }
}

async function refuseMissing(cluster: Cluster, specs: readonly TopicSpec[]): Promise<void> {
  const there = await cluster.topics(specs.map(({ name }) => name))
  const unready = specs.find(({ name }) => !there.some((topic) => topic.name === name && topic.leaders.every(Boolean)))
  if (unready) throw new OrdermillError('LOG_UNAVAILABLE', `Topic ${unready.name} has no leader yet.`)
}

export async function deleteTopic(cluster: Cluster, name: string): Promise<void> {
  const [topic] = await cluster.topics([name])
  if (!topic) throw unknownTopic(name)
  await cluster.persistently(async () => {
    const asked = cluster.shared.ask(await cluster.controller(), deleteTopicsV6.api, [{ name }], brokerTimeoutMs)
    await tolerating(['UNKNOWN_TOPIC_OR_PARTITION'], asked)
    const [left] = await cluster.topics([name])
    if (left?.id === topic.id) throw new OrdermillError('LOG_UNAVAILABLE', `Topic ${name} is being deleted.`)
  })
}

/** Topics with a partition that has no leader now reject with LOG_UNAVAILABLE. */
export async function describeTopics(
  cluster: Cluster,
  names: readonly string[] | undefined,
): Promise<readonly TopicDescription[]> {
  return cluster.persistently(async () => {
    const found = await cluster.topics(names)
    // In the order that was asked for: a broker answers in any.
    const topics = names ? names.flatMap((name) => found.find((topic) => topic.name === name) ?? []) : found
    const places = topics.flatMap(placesOf)
    const [begins, ends] = await Promise.all([edgesOf(cluster, places, 'begin'), edgesOf(cluster, places, 'end')])
    const partitions = places.map(({ topic, partition }, index) => ({
      topic,
      edges: { partition, begin: begins[index] ?? 0, end: ends[index] ?? 0 },
    }))
    return topics.map((topic) => ({
      name: topic.name,
      id: topic.id,
      partitions: partitions.filter((one) => one.topic === topic).map(({ edges }) => edges),
    }))
  })
}

export function placesOf(topic: Topic): readonly Place[] {
  return [...topic.leaders.keys()].map((partition) => ({ topic, partition }))
}
