import { Type, type TObject } from 'typebox'
import { deadLettersQuery, ordersQuery, pageQuery, paymentsQuery } from '../contract.ts'
import { closed } from './schema.ts'

const formats = ['csv', 'ndjson'] as const
export type ExportFormat = (typeof formats)[number]

/** The filters of a list without its paging: an export is the whole result. */
function exportQuery<Query extends TObject>({ properties }: Query) {
  const { limit: _limit, cursor: _cursor, ...filters } = properties as Query['properties']
  return closed({
    ...filters,
    format: Type.Optional(
      Type.Enum([...formats], { default: 'csv', description: 'A table, or the items of the list, one a line' }),
    ),
  })
}

export const ordersExportQuery = exportQuery(ordersQuery)
export const paymentsExportQuery = exportQuery(paymentsQuery)
export const alertsExportQuery = exportQuery(pageQuery)
export const deadLettersExportQuery = exportQuery(deadLettersQuery)
