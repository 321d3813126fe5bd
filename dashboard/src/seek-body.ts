import type { SeekBody } from '../../src/api/contract/groups.ts'
import { utcOf } from './filter-range.ts'

export type SeekForm = Readonly<{
  /** `topic/partition`, a topic alone, or empty for all that the group reads. */
  where: string
  kind: 'beginning' | 'end' | 'offset' | 'time'
  offset: string
  time: string
}>

/** As the API takes it; undefined while the form doesn't say enough. */
export function seekBodyOf({ where, kind, offset, time }: SeekForm): SeekBody | undefined {
  const [topic, partition] = where.split('/')
  const what = { ...(topic && { topic }), ...(partition !== undefined && { partition: Number(partition) }) }
  switch (kind) {
    case 'beginning':
    case 'end':
      return { ...what, to: kind }
    case 'offset':
      return /^\d{1,15}$/.test(offset) ? { ...what, offset: Number(offset) } : undefined
    case 'time': {
      const at = utcOf(time)
      return at === undefined ? undefined : { ...what, time: at }
    }
    default:
      return kind satisfies never
  }
}
