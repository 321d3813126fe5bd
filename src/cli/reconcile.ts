import { Command } from 'commander'
import type { CliCommand } from './cli-command.ts'
import { openReading, withWhere, type WhereOptions } from './connection.ts'
import { documentAt, listAt, parseDocument, textAt, type Document } from './document.ts'
import { exitCodes } from './exit-codes.ts'
import { jsonOption } from './options.ts'
import { groupDecimal, print } from './output.ts'
import { tableLines } from './table.ts'

export const reconcileCommand: CliCommand = (environment, done) =>
  withWhere(new Command('reconcile').description('Say whether every record is accounted for'))
    .addOption(jsonOption())
    .addHelpText('after', '\nExit codes: 0 all is accounted for, or is on its way; 1 something does not add up')
    .action(async ({ json, ...where }: WhereOptions & { json?: true }) => {
      await using api = await openReading(environment, where)
      const text = await api.get('/api/v1/reconciliation')
      const found = parseDocument(text)
      print(...(json ? [text] : reconciliationLines(found)))
      if (textAt(found, 'state') === 'bad') done(exitCodes.failed)
    })

function reconciliationLines(found: Document): readonly string[] {
  const number = (name: string): string => groupDecimal(textAt(found, name))
  return [
    `${stateWords.get(textAt(found, 'state')) ?? ''}: ${textAt(found, 'summary')}`,
    '',
    ...tableLines(
      [
        { title: 'CHECK', value: (check: Document) => textAt(check, 'name') },
        { title: 'STATE', value: (check) => textAt(check, 'state') },
        { title: 'EXPECTED', value: (check) => textAt(check, 'expected') },
        { title: 'FOUND', value: (check) => textAt(check, 'found') },
        { title: 'WHERE', value: (check) => textAt(check, 'detail') },
      ],
      listAt(found, 'checks'),
    ),
    '',
    ...equationLines(listAt(found, 'equations')),
    '',
    `Paid although cancelled  ${number('paid_cancelled')}`,
    `Paid although flagged    ${number('paid_flagged')}`,
    `Cancelled after paid     ${number('cancelled_after_paid')}`,
    `Last full check          ${lastFullText(documentAt(found, 'last_full'))}`,
  ]
}

const stateWords: ReadonlyMap<string, string> = new Map([
  ['good', 'GOOD'],
  ['in-flight', 'IN FLIGHT'],
  ['bad', 'BAD'],
])

function equationLines(equations: readonly Document[]): readonly string[] {
  return tableLines(
    [
      { title: 'GROUP', value: (equation) => textAt(equation, 'group') },
      { title: 'TOPIC', value: (equation) => `${textAt(equation, 'topic')}-${textAt(equation, 'partition')}` },
      { title: 'NEXT', value: (equation) => groupDecimal(textAt(equation, 'next')), align: 'right' },
      { title: 'IN FLIGHT', value: (equation) => groupDecimal(textAt(equation, 'in_flight')), align: 'right' },
      { title: 'DIFFERENCE', value: (equation) => textAt(equation, 'difference'), align: 'right' },
      { title: 'RECORDS', value: (equation) => listAt(equation, 'terms').flatMap(termText).join(', ') },
    ],
    equations,
  )
}

function termText(term: Document): readonly string[] {
  const records = textAt(term, 'records')
  return records === '0' ? [] : [`${groupDecimal(records)} ${textAt(term, 'name')}`]
}

function lastFullText(last: Document): string {
  if (textAt(last, 'at') === '') return 'never: ordermill reconcile --full'
  return `${textAt(last, 'at')}, ${groupDecimal(textAt(last, 'records'))} records, ${groupDecimal(textAt(last, 'differences'))} differences`
}
