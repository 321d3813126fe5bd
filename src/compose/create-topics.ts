import type { Config } from '../config.ts'
import { hasCode, OrdermillError } from '../errors.ts'
import type { Log, TopicSpec } from '../ports/log.ts'
import { askForTopics, openLog } from './storage.ts'
import { topicSpecs } from './topics.ts'

/** A topic that the system needs. */
export type NeededTopic = Readonly<{ name: string; partitions: number; created: boolean }>

/** Creates the topics that are missing, without a service. @throws {OrdermillError} what `openLog` throws */
export async function createTopics(config: Config): Promise<readonly NeededTopic[]> {
  const { log, close } = await openLog(config, undefined)
  try {
    return await createMissingTopics(log, config)
  } finally {
    await close()
  }
}

/**
 * Every topic of the system, in the order of `topicSpecs`, created where it was missing. Where none is, the right to create
 * is not needed.
 *
 * @throws {OrdermillError} LOG_REFUSED naming what is missing and can't be created, CONFIG_INVALID
 */
export async function createMissingTopics(
  log: Pick<Log, 'topics' | 'createTopics'>,
  config: Config,
): Promise<readonly NeededTopic[]> {
  const specs = topicSpecs(config)
  const known = new Map((await askForTopics(log, config)).map((topic) => [topic.name, topic.partitions.length]))
  const missing = specs.filter(({ name }) => !known.has(name))
  if (missing.length > 0) await create(log, missing)
  return specs.map(({ name, partitions }) => ({
    name,
    partitions: known.get(name) ?? partitions,
    created: !known.has(name),
  }))
}

/**
 * Those of `ORDERMILL_DEAD_LETTER_TOPICS` that exist now; whoever reads them is told of the others once.
 *
 * @throws {OrdermillError} what `askForTopics` throws
 */
export async function knownLetterTopics(
  log: Pick<Log, 'topics'>,
  config: Config,
  onMissing: (topic: string) => void,
): Promise<readonly string[]> {
  if (config.deadLetterTopics.length === 0) return []
  const known = new Set((await askForTopics(log, config)).map(({ name }) => name))
  for (const topic of config.deadLetterTopics) if (!known.has(topic)) onMissing(topic)
  return config.deadLetterTopics.filter((topic) => known.has(topic))
}

async function create(log: Pick<Log, 'createTopics'>, missing: readonly TopicSpec[]): Promise<void> {
  try {
    await log.createTopics(missing)
  } catch (error) {
    throw hasCode(error, 'LOG_REFUSED') ? mayNotCreate(missing, error) : error
  }
}

function mayNotCreate(missing: readonly TopicSpec[], cause: OrdermillError): OrdermillError {
  const names = missing.map(({ name, partitions }) => `${name} (${partitions})`).join(', ')
  return new OrdermillError(
    'LOG_REFUSED',
    `topics are missing, or this login may not see them, and it may not create them: ${names}, with their partitions; ` +
      'run "ordermill topics create" with a login that has the right Create, or create them with the broker’s own tools ' +
      `(${cause.message})`,
    { cause },
  )
}
