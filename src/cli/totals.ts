import { Command } from 'commander'
import { openReading, withWhere, type WhereOptions } from './connection.ts'
import { documentAt, parseDocument, textAt, type Document } from './document.ts'
import { jsonOption } from './options.ts'
import { groupDecimal, print } from './output.ts'
import type { CliCommand } from './cli-command.ts'
import { tableLines } from './table.ts'

export const totalsCommand: CliCommand = (environment) =>
  withWhere(new Command('totals').description('Print the running totals'))
    .addOption(jsonOption())
    .action(async ({ json, ...where }: WhereOptions & { json?: true }) => {
      await using api = await openReading(environment, where)
      const text = await api.get('/api/v1/totals')
      print(...(json ? [text] : totalsLines(parseDocument(text))))
    })

function totalsLines(totals: Document): readonly string[] {
  const payments = documentAt(totals, 'payments')
  const number = (name: string): string => groupDecimal(textAt(totals, name))
  return [
    `Orders        ${number('order_count')}`,
    `Sales         ${number('total_sales')} ${textAt(totals, 'base_currency')}`,
    `Paid          ${groupDecimal(textAt(payments, 'paid'))}`,
    `Alerts        ${number('alerts')}`,
    `Duplicates    ${number('duplicates')}`,
    `Dead letters  ${number('dead_letters')} of analytics, ${number('dead_letters_listed')} in all`,
    ...tallyLines('country', documentAt(totals, 'by_country')),
    ...tallyLines('status', documentAt(totals, 'by_status')),
    ...tallyLines('currency', documentAt(totals, 'by_currency')),
  ]
}

function tallyLines(title: string, tallies: Document): readonly string[] {
  const rows = Object.keys(tallies)
    .toSorted()
    .map((key) => ({ key, tally: documentAt(tallies, key) }))
  return [
    '',
    ...tableLines(
      [
        { title: title.toUpperCase(), value: ({ key }) => key },
        { title: 'ORDERS', value: ({ tally }) => groupDecimal(textAt(tally, 'order_count')), align: 'right' },
        { title: 'SALES', value: ({ tally }) => salesText(documentAt(tally, 'sales')) },
      ],
      rows,
    ),
  ]
}

function salesText(sales: Document): string {
  return Object.keys(sales)
    .toSorted()
    .map((currency) => `${groupDecimal(textAt(sales, currency))} ${currency}`)
    .join(', ')
}
