import { Command } from 'commander'
import { openReading, withWhere, type WhereOptions } from './connection.ts'
import { listAt, parseDocument, parsePlain, textAt, type Document } from './document.ts'
import { jsonOption } from './options.ts'
import { print } from './output.ts'
import type { CliCommand } from './cli-command.ts'
import { tableLines } from './table.ts'
import { topicsCreateCommand } from './topics-create.ts'

export const topicsCommand: CliCommand = (environment) =>
  withWhere(new Command('topics').description('List the topics, and how far behind each consumer group is'))
    .addCommand(topicsCreateCommand(environment))
    .addOption(jsonOption())
    .action(async ({ json, ...where }: WhereOptions & { json?: true }) => {
      await using api = await openReading(environment, where)
      const [topics, groups] = await Promise.all([api.get('/api/v1/topics'), api.get('/api/v1/groups')])
      print(...(json ? [joined(topics, groups)] : topicLines(parseDocument(topics), parseDocument(groups))))
    })

/** The members of GET /api/v1/topics, and `groups` with the items of GET /api/v1/groups. */
function joined(topics: string, groups: string): string {
  return JSON.stringify({ ...parsePlain(topics), groups: parsePlain(groups)['items'] })
}

function topicLines(topics: Document, groups: Document): readonly string[] {
  return [
    ...tableLines(
      [
        { title: 'TOPIC', value: (topic) => textAt(topic, 'name') },
        { title: 'PARTITIONS', value: (topic) => `${listAt(topic, 'partitions').length}`, align: 'right' },
        { title: 'RECORDS', value: (topic) => textAt(topic, 'records'), align: 'right' },
        { title: 'OFFSETS', value: (topic) => listAt(topic, 'partitions').map(rangeText).join(' ') },
      ],
      listAt(topics, 'items'),
    ),
    '',
    ...tableLines(
      [
        { title: 'GROUP', value: (group) => textAt(group, 'group') },
        { title: 'LAG', value: (group) => textAt(group, 'lag_records'), align: 'right' },
        { title: 'SECONDS', value: (group) => textAt(group, 'lag_seconds'), align: 'right' },
      ],
      listAt(groups, 'items'),
    ),
  ]
}

function rangeText(partition: Document): string {
  return `${textAt(partition, 'partition')}:${textAt(partition, 'begin')}-${textAt(partition, 'end')}`
}
