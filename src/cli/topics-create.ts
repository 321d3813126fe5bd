import { Command } from 'commander'
import type { NeededTopic } from '../compose/create-topics.ts'
import type { Environment } from './cli-command.ts'
import { configOf, withDataDir, type DataOptions } from './connection.ts'
import { jsonOption } from './options.ts'
import { countText, print } from './output.ts'

type Options = DataOptions & Readonly<{ json?: true }>

export function topicsCreateCommand(environment: Environment): Command {
  return withDataDir(
    new Command('create').description(
      'Create the topics that are missing, with partitions and retention as configured',
    ),
  )
    .addOption(jsonOption())
    .action(async (_options: Options, command: Command) => {
      // "topics" has the same options, and takes them wherever they stand.
      const { json, ...where } = command.optsWithGlobals<Options>()
      const config = configOf(environment, where)
      const { createTopics } = await import('../compose/create-topics.ts')
      const topics = await createTopics(config)
      print(...(json ? [JSON.stringify({ items: topics })] : topics.map(topicLine)))
    })
}

function topicLine({ name, partitions, created }: NeededTopic): string {
  return `${created ? 'created  ' : 'was there'}  ${name}  ${countText(partitions, 'partition')}`
}
