import { Command } from 'commander'
import { openReading, withWhere, type WhereOptions } from './connection.ts'
import { documentAt, listAt, parseDocument, textAt, type Document } from './document.ts'
import { jsonOption, orderId } from './options.ts'
import { note, print } from './output.ts'
import type { CliCommand } from './cli-command.ts'
import { tableLines } from './table.ts'

export const journeyCommand: CliCommand = (environment) =>
  withWhere(new Command('journey').description('Tell what happened to one order across all topics, in order'))
    .argument('<id>', 'the order_id', orderId)
    .addOption(jsonOption())
    .action(async (id: number, { json, ...where }: WhereOptions & { json?: true }) => {
      await using api = await openReading(environment, where)
      const text = await api.get(`/api/v1/orders/${id}/journey`)
      if (json) return print(text)
      const journey = parseDocument(text)
      print(...eventLines(journey), ...pendingLines(journey))
      if (textAt(journey, 'truncated') === 'true')
        note('Some records were not found near the time that they were written')
    })

function eventLines(journey: Document): readonly string[] {
  return tableLines(
    [
      { title: 'AT', value: (event) => textAt(event, 'at') || '-' },
      { title: 'AFTER', value: (event) => afterText(textAt(event, 'latency_ms')), align: 'right' },
      { title: 'BY', value: (event) => textAt(event, 'group') },
      { title: 'WHAT', value: (event) => textAt(event, 'title') },
      { title: 'RECORD', value: (event) => placeText(documentAt(event, 'record')) },
      { title: 'DETAIL', value: (event) => textAt(event, 'detail') },
    ],
    listAt(journey, 'events'),
  )
}

function pendingLines(journey: Document): readonly string[] {
  return listAt(journey, 'pending').map((pending) => {
    const before = `${textAt(pending, 'lag_records')} records before it`
    return `Waits for ${textAt(pending, 'group')} to read ${placeText(documentAt(pending, 'record'))}: ${before}`
  })
}

function afterText(latencyMs: string): string {
  return latencyMs === '' ? '' : `${latencyMs} ms`
}

function placeText(place: Document): string {
  if (textAt(place, 'topic') === '') return ''
  return `${textAt(place, 'topic')}/${textAt(place, 'partition')}@${textAt(place, 'offset')}`
}
