import { Command, Option } from 'commander'
import { amountText } from './amount-text.ts'
import { openReading, withWhere, type Reader, type WhereOptions } from './connection.ts'
import { listAt, parseDocument, parsePlain, textAt, type Document } from './document.ts'
import { jsonOption, positiveNumber } from './options.ts'
import { note, print } from './output.ts'
import type { CliCommand } from './cli-command.ts'
import { paymentDecisionCommand } from './payments-decide.ts'
import { tableLines } from './table.ts'

type Options = WhereOptions & Readonly<{ json?: true; outcome?: string; limit: number }>

const pageMax = 1_000

export const paymentsCommand: CliCommand = (environment) =>
  withWhere(new Command('payments').description('List the payments, newest first, or decide about one'))
    .addCommand(paymentDecisionCommand(environment, 'release', 'Charge a payment that is HELD'))
    .addCommand(paymentDecisionCommand(environment, 'reject', 'Decline a payment that is HELD, without charging it'))
    .addCommand(paymentDecisionCommand(environment, 'retry', 'Ask the gateway again for a payment that is DECLINED'))
    .addOption(
      new Option('--outcome <outcome>', 'only with this outcome').choices([
        'PENDING',
        'PAID',
        'DECLINED',
        'SKIPPED',
        'HELD',
      ]),
    )
    .option('--limit <number>', 'list so many at most', positiveNumber, 50)
    .addOption(jsonOption())
    .action(async (options: Options) => {
      await using api = await openReading(environment, options)
      const { items, cursor } = await readPayments(api, options)
      if (options.json) return print(JSON.stringify({ items, next_cursor: cursor ?? null }))
      print(...paymentLines(items))
      if (cursor !== undefined) note(`There are more: --limit ${options.limit * 10}`)
    })

/** A page may hold fewer items than it could, so that only a missing cursor says that there are no more. */
async function readPayments(api: Reader, { outcome, limit, json }: Options) {
  const items: Document[] = []
  let cursor: string | undefined
  do {
    const query = new URLSearchParams({
      limit: `${Math.min(limit - items.length, pageMax)}`,
      ...(outcome === undefined ? {} : { outcome }),
      ...(cursor === undefined ? {} : { cursor }),
    })
    const text = await api.get(`/api/v1/payments?${query.toString()}`)
    const page = json ? parsePlain(text) : parseDocument(text)
    items.push(...listAt(page, 'items'))
    cursor = textAt(page, 'next_cursor') || undefined
  } while (cursor !== undefined && items.length < limit)
  return { items, cursor }
}

function paymentLines(payments: readonly Document[]): readonly string[] {
  return tableLines(
    [
      { title: 'ORDER', value: (payment) => textAt(payment, 'order_id'), align: 'right' },
      { title: 'OUTCOME', value: (payment) => textAt(payment, 'outcome') },
      { title: 'AMOUNT', value: amountText, align: 'right' },
      { title: 'CURRENCY', value: (payment) => textAt(payment, 'currency') },
      { title: 'COUNTRY', value: (payment) => textAt(payment, 'country') },
      { title: 'SETTLED', value: (payment) => textAt(payment, 'settled_at') },
      { title: 'FAILED CALLS', value: (payment) => `${listAt(payment, 'attempts').length}`, align: 'right' },
    ],
    payments,
  )
}
