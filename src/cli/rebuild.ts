import { setTimeout } from 'node:timers/promises'
import { Command } from 'commander'
import { OrdermillError } from '../errors.ts'
import type { CliCommand } from './cli-command.ts'
import { openOperating, openReading, withWhere, type Reader, type WhereOptions } from './connection.ts'
import { parseDocument, textAt } from './document.ts'
import { jsonOption } from './options.ts'
import { note, print } from './output.ts'
import { openWorkBar } from './work-bar.ts'

type Options = WhereOptions & Readonly<{ yes?: true; json?: true }>

const lookEveryMs = 500

export const rebuildCommand: CliCommand = (environment) =>
  withWhere(
    new Command('rebuild').description(
      'Make the read model again from the log, beside the one in use, and switch to it: nothing stops, nobody is paid again',
    ),
  )
    .option('--yes', 'do it without being asked again')
    .addOption(jsonOption())
    .action(async ({ yes, json, ...where }: Options) => {
      if (!yes)
        throw new OrdermillError('USAGE', 'this replaces the totals, series and views that are in use: say --yes')
      const id = textAt(
        parseDocument(await openOperating(environment, where).post('/api/v1/jobs', { kind: 'rebuild' })),
        'id',
      )
      note(`Job ${id}: it goes on when this command is stopped`)
      await using api = await openReading(environment, where)
      const text = await ended(api, id)
      const job = parseDocument(text)
      print(json ? text : `Rebuild ${textAt(job, 'state')}: ${textAt(job, 'detail')}`)
      if (textAt(job, 'state') !== 'done')
        throw new OrdermillError('INTERRUPTED', `job ${id} is ${textAt(job, 'state')}`)
    })

/** The job once it has ended. */
async function ended(api: Reader, id: string): Promise<string> {
  using bar = openWorkBar()
  for (;;) {
    const text = await api.get(`/api/v1/jobs/${encodeURIComponent(id)}`)
    const job = parseDocument(text)
    if (!['waiting', 'running'].includes(textAt(job, 'state'))) return text
    bar.update(Number(textAt(job, 'done')), Number(textAt(job, 'total') || '0'), textAt(job, 'detail'))
    await setTimeout(lookEveryMs)
  }
}
