import { randomUUID } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { Command } from 'commander'
import { OrdermillError } from '../errors.ts'
import { answerOf } from './answer.ts'
import { confirm } from './confirm.ts'
import type { Environment } from './cli-command.ts'
import { openServer, withWhere, type WhereOptions } from './connection.ts'
import { documentAt, listAt, parseDocument, textAt, type Document } from './document.ts'
import { exitCodes, type ExitCode } from './exit-codes.ts'
import { followJob } from './follow-job.ts'
import type { HttpApi } from './http-api.ts'
import { onInterrupt } from './interrupt.ts'
import { jsonOption, orderId, positiveNumber, time } from './options.ts'
import { countText, groupDecimal, note, print } from './output.ts'
import { tableLines } from './table.ts'

type Options = WhereOptions &
  Readonly<{
    group?: string
    code?: string
    order?: number
    from?: string
    to?: string
    all?: true
    limit?: number
    quarantined?: true
    dryRun?: true
    editValue?: string
    yes?: true
    json?: true
  }>

const path = '/api/v1/dead-letters/redrive'
/** Letters that the preview names. */
const shownMax = 20

export function redriveCommand(environment: Environment, done: (code: ExitCode) => void): Command {
  return withWhere(
    new Command('redrive').description(
      'Send dead letters back to the groups that refused them, after showing what would happen',
    ),
  )
    .argument('[ids...]', 'these letters, instead of all that are open and match')
    .option('--group <name>', 'only of this consumer group')
    .option('--code <code>', 'only with this error code')
    .option('--order <id>', 'only those that speak of this order, whichever group refused them', orderId)
    .option('--from <time>', 'only those logged at this time or later, such as 2026-01-31T09:30:00Z', time)
    .option('--to <time>', 'only those logged before this time', time)
    .option('--all', 'all that are open')
    .option('--limit <number>', 'at most so many, the oldest', positiveNumber)
    .option('--quarantined', 'also those that came back too often')
    .option('--edit-value <file>', 'with one id: send the content of this file instead of the letter’s value')
    .option('--dry-run', 'show what would happen and change nothing')
    .option('--yes', 'do not ask')
    .addOption(jsonOption())
    .action(async (ids: readonly string[], options: Options) => {
      using interrupt = onInterrupt()
      const api = openServer(environment, options)
      const body = JSON.stringify(await bodyOf(ids, options))
      const preview = answerOf(await api.post(`${path}/preview`, body, randomUUID()))
      if (options.dryRun) return print(...(options.json ? [preview] : previewLines(parseDocument(preview))))
      note(...previewLines(parseDocument(preview)))
      await confirm('Redrive them?', options)
      const job = await redrive(api, body, interrupt.signal)
      print(
        options.json
          ? JSON.stringify(job)
          : `${textAt(job, 'title')}: ${textAt(job, 'state')}, ${textAt(job, 'detail')}`,
      )
      if (textAt(job, 'state') !== 'done') done(exitCodes.failed)
    })
}

async function redrive(api: HttpApi, body: string, signal: AbortSignal): Promise<Document> {
  const asked = parseDocument(answerOf(await api.post(path, body, randomUUID())))
  return followJob(api, textAt(asked, 'id'), signal)
}

async function bodyOf(ids: readonly string[], options: Options): Promise<object> {
  const { group, code, order, from, to, all, limit, quarantined, editValue } = options
  const filter = { group, code, order_id: order, from, to }
  const hasFilter = Object.values(filter).some((value) => value !== undefined)
  if (ids.length > 0 === (hasFilter || all === true)) {
    throw new OrdermillError('USAGE', 'name either ids, or conditions such as --group, or --all')
  }
  const edit = editValue === undefined ? undefined : { value: (await readValue(editValue)).toString('base64') }
  return { ...(ids.length > 0 ? { ids } : { filter }), limit, quarantined, edit }
}

async function readValue(file: string): Promise<Buffer> {
  try {
    return await readFile(file)
  } catch (cause) {
    throw new OrdermillError('USAGE', `${file} can't be read: ${cause instanceof Error ? cause.message : ''}`, {
      cause,
    })
  }
}

function previewLines(preview: Document): readonly string[] {
  const number = (name: string): string => groupDecimal(textAt(preview, name))
  const outcomes = listAt(preview, 'groups').flatMap((group) => {
    const counts = documentAt(group, 'outcomes')
    return Object.keys(counts).map((outcome) => ({ group, outcome, letters: textAt(counts, outcome) }))
  })
  const letters = listAt(preview, 'letters')
  const more = textAt(preview, 'more') === 'true' ? ', and there are more' : ''
  const leftOut = `${number('quarantined')} quarantined, ${number('redriven')} redriven before, ${number('not_redrivable')} not redrivable`
  return [
    `${countText(letters.length, 'letter')} looked at${more}; left out: ${leftOut}`,
    ...tableLines(
      [
        { title: 'GROUP', value: ({ group }) => textAt(group, 'group') },
        { title: 'WOULD BE', value: ({ outcome }) => outcome },
        { title: 'LETTERS', value: (row) => groupDecimal(row.letters), align: 'right' },
      ],
      outcomes,
    ),
    ...letters.slice(0, shownMax).map((letter) => {
      const detail = textAt(letter, 'detail')
      return `${textAt(letter, 'id')}: ${textAt(letter, 'outcome')}${detail ? ` (${detail})` : ''}`
    }),
  ]
}
