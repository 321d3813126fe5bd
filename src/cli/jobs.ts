import { randomUUID } from 'node:crypto'
import { Command } from 'commander'
import { answerOf } from './answer.ts'
import { openReading, openServer, withWhere, type WhereOptions } from './connection.ts'
import { listAt, parseDocument, textAt, type Document } from './document.ts'
import { jsonOption, positiveNumber } from './options.ts'
import { groupDecimal, print } from './output.ts'
import type { CliCommand } from './cli-command.ts'
import { tableLines } from './table.ts'

type Options = WhereOptions & Readonly<{ limit: number; json?: true }>

/** What a server lists at once. */
const limitMax = 1_000

export const jobsCommand: CliCommand = (environment) => {
  const list = withWhere(
    new Command('jobs').description('List what operators asked for, newest first, and how far it is'),
  )
    .option('--limit <number>', `list so many at most, up to ${limitMax}`, positiveNumber, 50)
    .addOption(jsonOption())
    .action(async ({ limit, json, ...where }: Options) => {
      await using api = await openReading(environment, where)
      const text = await api.get(`/api/v1/jobs?limit=${limit}`)
      print(...(json ? [text] : jobLines(listAt(parseDocument(text), 'items'))))
    })
  return list.addCommand(
    withWhere(new Command('cancel').description('End a job before its next step; what it did stays'))
      .argument('<id>', 'the job')
      .addOption(jsonOption())
      .action(async (id: string, { json, ...where }: Options) => {
        const api = openServer(environment, where)
        const text = answerOf(await api.post(`/api/v1/jobs/${encodeURIComponent(id)}/cancel`, '{}', randomUUID()))
        print(...(json ? [text] : jobLines([parseDocument(text)])))
      }),
  )
}

function jobLines(jobs: readonly Document[]): readonly string[] {
  return tableLines(
    [
      { title: 'ASKED FOR', value: (job) => textAt(job, 'requested_at') },
      { title: 'BY', value: (job) => textAt(job, 'requested_by') },
      { title: 'ID', value: (job) => textAt(job, 'id') },
      { title: 'STATE', value: (job) => textAt(job, 'state') },
      { title: 'DONE', value: doneText, align: 'right' },
      { title: 'JOB', value: (job) => textAt(job, 'title') },
      { title: 'DETAIL', value: (job) => textAt(job, 'detail') },
    ],
    jobs,
  )
}

function doneText(job: Document): string {
  const total = textAt(job, 'total')
  return `${groupDecimal(textAt(job, 'done'))}${total ? ` of ${groupDecimal(total)}` : ''}`
}
