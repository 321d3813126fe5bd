import { Command } from 'commander'
import { openReading, withWhere, type WhereOptions } from './connection.ts'
import { documentAt, parseDocument, textAt, type Document } from './document.ts'
import { jsonOption } from './options.ts'
import { print } from './output.ts'
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
  return [
    `Orders        ${textAt(totals, 'order_count')}`,
    `Sales         ${textAt(totals, 'total_sales')} ${textAt(totals, 'base_currency')}`,
    `Paid          ${textAt(payments, 'paid')}`,
    `Alerts        ${textAt(totals, 'alerts')}`,
    `Duplicates    ${textAt(totals, 'duplicates')}`,
    `Dead letters  ${textAt(totals, 'dead_letters')} of analytics, ${textAt(totals, 'dead_letters_listed')} in all`,
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
        { title: 'ORDERS', value: ({ tally }) => textAt(tally, 'order_count'), align: 'right' },
        { title: 'SALES', value: ({ tally }) => salesText(documentAt(tally, 'sales')) },
      ],
      rows,
    ),
  ]
}

function salesText(sales: Document): string {
  return Object.keys(sales)
    .map((currency) => `${textAt(sales, currency)} ${currency}`)
    .join(', ')
}
