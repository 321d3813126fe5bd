import type { RedriveBody } from '../../src/api/contract/redrive.ts'

type Filters = Readonly<Partial<Record<'group' | 'code' | 'from' | 'to' | 'order_id' | 'state', string>>>

/** As the list is asked for: the API has no word for all of them, it leaves the condition out. */
export function letterQuery({ state = 'open', ...conditions }: Filters): Filters {
  return state === 'all' ? conditions : { ...conditions, state: state === 'redriven' ? 'redriven' : 'open' }
}

/** As a redrive is asked for: it takes open letters alone. */
export function letterFilter({ state: _, order_id, ...conditions }: Filters): NonNullable<RedriveBody['filter']> {
  return order_id === undefined ? conditions : { ...conditions, order_id: Number(order_id) }
}
