import { Command } from 'commander'
import type { CliCommand } from './cli-command.ts'
import { openReading, withWhere, type WhereOptions } from './connection.ts'
import { listAt, parseDocument, textAt, type Document } from './document.ts'
import { groupsPauseCommand, groupsResumeCommand } from './groups-pause.ts'
import { groupsSeekCommand } from './groups-seek.ts'
import { jsonOption } from './options.ts'
import { print } from './output.ts'
import { tableLines } from './table.ts'

export const groupsCommand: CliCommand = (environment) =>
  withWhere(new Command('groups').description('List the consumer groups: lag, owners, what is stuck or paused'))
    .addCommand(groupsPauseCommand(environment))
    .addCommand(groupsResumeCommand(environment))
    .addCommand(groupsSeekCommand(environment))
    .addOption(jsonOption())
    .action(async ({ json, ...where }: WhereOptions & { json?: true }) => {
      await using api = await openReading(environment, where)
      const text = await api.get('/api/v1/groups')
      print(...(json ? [text] : groupLines(parseDocument(text))))
    })

type Row = Readonly<{ group: Document; partition: Document }>

function groupLines(groups: Document): readonly string[] {
  const rows = listAt(groups, 'items').flatMap((group) =>
    listAt(group, 'partitions').map((partition) => ({ group, partition })),
  )
  return tableLines<Row>(
    [
      { title: 'GROUP', value: ({ group }) => textAt(group, 'group') },
      { title: 'TOPIC', value: ({ partition }) => textAt(partition, 'topic') },
      { title: 'PARTITION', value: ({ partition }) => textAt(partition, 'partition'), align: 'right' },
      { title: 'COMMITTED', value: ({ partition }) => textAt(partition, 'committed') || '-', align: 'right' },
      { title: 'END', value: ({ partition }) => textAt(partition, 'end'), align: 'right' },
      { title: 'LAG', value: ({ partition }) => textAt(partition, 'lag_records'), align: 'right' },
      { title: 'SECONDS', value: ({ partition }) => textAt(partition, 'lag_seconds'), align: 'right' },
      { title: 'GROWS/S', value: ({ group }) => textAt(group, 'trend_per_second'), align: 'right' },
      { title: 'STATE', value: stateText },
      { title: 'OWNER', value: ({ partition }) => textAt(partition, 'owner') || '-' },
    ],
    rows,
  )
}

function stateText({ group, partition }: Row): string {
  if (group['paused'] === true) return 'paused'
  if (partition['stuck'] === true) return `stuck for ${textAt(partition, 'idle_seconds')} s`
  return textAt(partition, 'lag_records') === '0' ? 'up to date' : 'behind'
}
