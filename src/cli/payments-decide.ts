import { Command } from 'commander'
import type { OperatorDecision } from '../domain/payment.ts'
import type { Environment } from './cli-command.ts'
import { openOperating, withWhere, type WhereOptions } from './connection.ts'
import { parseDocument, textAt } from './document.ts'
import { idempotencyKey, jsonOption, orderId } from './options.ts'
import { print } from './output.ts'

type Options = WhereOptions & Readonly<{ reason?: string; createdAt?: string; idempotencyKey?: string; json?: true }>

export function paymentDecisionCommand(
  environment: Environment,
  decision: OperatorDecision,
  description: string,
): Command {
  return withWhere(new Command(decision).description(description))
    .argument('<order id>', 'the order_id', orderId)
    .option('--reason <text>', 'why, for the audit log')
    .option('--created-at <time>', 'which order, where ids are used again; the newest when left out')
    .option('--idempotency-key <key>', 'sent again with the same key it is the same decision', idempotencyKey)
    .addOption(jsonOption())
    .action(async (id: number, _options: Options, command: Command) => {
      // "payments" has some of the same options, and takes them wherever they stand.
      const { json, reason, createdAt, idempotencyKey: key, ...where } = command.optsWithGlobals<Options>()
      const api = openOperating(environment, where)
      const text = await api.post(`/api/v1/payments/${id}/${decision}`, { reason, created_at: createdAt }, key)
      const { from, place } = takenOf(text)
      print(json ? text : `order ${id}: ${decision} of what was ${from} is at ${place}, and payment takes it up`)
    })
}

function takenOf(text: string) {
  const taken = parseDocument(text)
  const place = `${textAt(taken, 'record.topic')}/${textAt(taken, 'record.partition')}@${textAt(taken, 'record.offset')}`
  return { from: textAt(taken, 'from'), place }
}
