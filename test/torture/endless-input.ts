import { seededRandom } from '../../src/domain/random.ts'
import type { NewRecord } from '../../src/ports/log.ts'
import { makeInput } from '../support/audit/input.ts'
import { partitions, type EngineOrders } from './messages.ts'

const segmentRecords = 1_000
const idsPerSegment = 10_000

export type InputSource = Pick<EngineOrders['input'], 'seed'> & Pick<EngineOrders, 'reuse' | 'ordersStay'>

/** The record at an index of an input without end. Orders repeat and change within a segment of it. */
export function endlessInput({ seed, reuse, ordersStay = false }: InputSource): (index: number) => NewRecord {
  let current = -1
  let records: readonly NewRecord[] = []
  return (index) => {
    const segment = Math.floor(index / segmentRecords)
    if (segment !== current) {
      current = segment
      records = makeInput({
        count: segmentRecords,
        partitions,
        reuseIds: reuse === 'replace',
        random: seededRandom(seed * 31 + segment),
        idBase: segment * idsPerSegment,
        ordersStay,
      })
    }
    const record = records[index % segmentRecords]
    if (!record) throw new RangeError(`no record ${index}`)
    return record
  }
}
