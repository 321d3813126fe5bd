import { systemRuntime } from '../adapters/in-process/runtime.ts'
import { openKafkaLog } from '../adapters/kafka/kafka-log.ts'
import { operationsGroup, orderGroups, viewsGroup } from '../codec/groups.ts'
import { operationsTopic } from '../codec/operation-codec.ts'
import type { Config } from '../config.ts'
import type { KafkaConfig } from '../config/read-kafka.ts'
import type { Log } from '../ports/log.ts'
import type { Logger } from '../telemetry/logger.ts'
import { orderInput } from '../services/order-input.ts'
import { viewsTopics } from '../services/views-service.ts'
import { topicSpecs } from './topics.ts'
import { troubleLog, type Trouble } from './trouble-log.ts'

const clientId = 'ordermill'

/**
 * The log on the cluster that the configuration names; it connects when it is first used. Of what the cluster has only our
 * topics and groups are listed.
 */
export function openConfiguredKafka(
  config: Config & Readonly<{ kafka: KafkaConfig }>,
  logger: Logger | undefined,
  onTrouble: (trouble: Trouble) => void = () => {},
): Log {
  const { bootstrap, delivery, replicationFactor, access } = config.kafka
  const { sleep, random, now } = systemRuntime
  const tell = logger ? troubleLog(logger, now) : () => {}
  return openKafkaLog({
    connection: { bootstrap, clientId, ...access.reveal() },
    delivery,
    replicationFactor,
    scope: {
      topics: [...topicSpecs(config).map(({ name }) => name), ...config.deadLetterTopics],
      groups: inputsByGroup(config),
    },
    sleep,
    random,
    onTrouble(trouble) {
      tell(trouble)
      onTrouble(trouble)
    },
  })
}

/** What each group reads. */
function inputsByGroup({ topic, deadLetterTopics }: Config): ReadonlyMap<string, readonly string[]> {
  const ofOrders = Object.values(orderGroups).map((group) => [group, orderInput(topic, group).topics] as const)
  return new Map([
    ...ofOrders,
    [viewsGroup, viewsTopics(topic, deadLetterTopics)] as const,
    [operationsGroup, [operationsTopic]] as const,
  ])
}
