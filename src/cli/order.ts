import { Command } from 'commander'
import { amountText } from './amount-text.ts'
import { openReading, withWhere, type WhereOptions } from './connection.ts'
import { documentAt, listAt, parseDocument, textAt, type Document } from './document.ts'
import { jsonOption, orderId } from './options.ts'
import { print } from './output.ts'
import type { CliCommand } from './cli-command.ts'

export const orderCommand: CliCommand = (environment) =>
  withWhere(new Command('order').description('Show one order with everything that happened to it'))
    .argument('<id>', 'the order_id', orderId)
    .addOption(jsonOption())
    .action(async (id: number, { json, ...where }: WhereOptions & { json?: true }) => {
      await using api = await openReading(environment, where)
      const text = await api.get(`/api/v1/orders/${id}`)
      if (json) return print(text)
      const detail = parseDocument(text)
      const others = listAt(detail, 'other_identities')
      print(...storyLines(detail), ...others.flatMap((other) => ['', 'Older order with this id', ...storyLines(other)]))
    })

function storyLines(story: Document): readonly string[] {
  const payment = documentAt(story, 'payment')
  return [
    ...orderLines(documentAt(story, 'order')),
    ...listAt(story, 'entries').map((entry) => `Status    ${textAt(entry, 'status')} at ${placeText(entry)}`),
    `Payment   ${paymentText(payment)}`,
    ...listAt(story, 'alerts').map((alert) => `Alert     ${textAt(alert, 'reason')} ${textAt(alert, 'logged_at')}`),
    ...listAt(story, 'dead_letters').map(
      (letter) => `Refused   by ${textAt(letter, 'group')}: ${textAt(letter, 'code')}: ${textAt(letter, 'message')}`,
    ),
  ]
}

function orderLines(order: Document): readonly string[] {
  if (textAt(order, 'order_id') === '') return ['Order     not counted']
  return [
    `Order     ${textAt(order, 'order_id')} of customer ${textAt(order, 'customer_id')}, ${textAt(order, 'country')}`,
    `Amount    ${amountText(order)} ${textAt(order, 'currency')}`,
    `Now       ${textAt(order, 'status')}`,
    `Created   ${textAt(order, 'created_at')}`,
    `Logged    ${textAt(order, 'logged_at')}`,
  ]
}

function placeText(entry: Document): string {
  return `partition ${textAt(entry, 'partition')} offset ${textAt(entry, 'offset')}`
}

function paymentText(payment: Document): string {
  const outcome = textAt(payment, 'outcome')
  return outcome === '' ? 'none yet' : `${outcome} ${textAt(payment, 'settled_at')}`.trimEnd()
}
