import { Command } from 'commander'
import type { Environment } from './cli-command.ts'
import { openOperating, withWhere, type WhereOptions } from './connection.ts'
import { jsonOption } from './options.ts'
import { print } from './output.ts'

type Options = WhereOptions & Readonly<{ json?: true }>

export function groupsPauseCommand(environment: Environment): Command {
  const description = 'Let a group rest, after its batch in flight, until it is resumed; restarts do not end that'
  return changeCommand(
    environment,
    'pause',
    description,
    (group) => `${group} is paused: its services rest in a moment`,
  )
}

export function groupsResumeCommand(environment: Environment): Command {
  const description = 'Let a paused group go on where it was'
  return changeCommand(environment, 'resume', description, (group) => `${group} goes on in a moment`)
}

function changeCommand(
  environment: Environment,
  change: 'pause' | 'resume',
  description: string,
  done: (group: string) => string,
): Command {
  return withWhere(new Command(change).description(description))
    .argument('<group>', 'such as payments-group')
    .addOption(jsonOption())
    .action(async (group: string, _options: Options, command: Command) => {
      // "groups" has the same options, and takes them wherever they stand.
      const { json, ...where } = command.optsWithGlobals<Options>()
      const api = openOperating(environment, where)
      const text = await api.post(`/api/v1/groups/${encodeURIComponent(group)}/${change}`, {})
      print(json ? text : done(group))
    })
}
