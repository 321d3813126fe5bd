import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import * as fc from 'fast-check'
import { assignPartitions } from '../../../src/adapters/in-process/assign-partitions.ts'

type Member = Readonly<{ topics: readonly string[] }>
type Partition = Readonly<{ topic: string; partition: number }>
type Owners = ReadonlyMap<Partition, Member>

const topicNames = ['a', 'b', 'c']

const partitionsArbitrary = fc
  .tuple(fc.nat(8), fc.nat(8), fc.nat(8))
  .map((counts) => counts.flatMap((count, topic) => partitionsOf(topicNames[topic] ?? '', count)))
const alikeArbitrary = fc.integer({ min: 1, max: 5 }).map((count) => membersOf(count))
const mixedArbitrary = fc.array(
  fc.subarray(topicNames).map((topics): Member => ({ topics })),
  { minLength: 1, maxLength: 5 },
)

describe('assignment of partitions', () => {
  it('gives every partition that somebody subscribes to to one of those members, and no other', () => {
    fc.assert(
      fc.property(mixedArbitrary, mixedArbitrary, partitionsArbitrary, (before, members, partitions) => {
        const current = assignPartitions<Member, Partition>([...before, ...members], partitions, new Map())
        const owners = assignPartitions(members, partitions, current)
        for (const partition of partitions) {
          const able = members.filter(({ topics }) => topics.includes(partition.topic))
          const owner = owners.get(partition)
          if (able.length === 0) assert.equal(owner, undefined)
          else assert.ok(owner !== undefined && able.includes(owner))
        }
      }),
    )
  })

  it('balances members that subscribe alike, over all and within each topic', () => {
    fc.assert(
      fc.property(alikeArbitrary, alikeArbitrary, partitionsArbitrary, (before, joining, partitions) => {
        const current = assignPartitions<Member, Partition>(before, partitions, new Map())
        const members = [...before, ...joining]
        assertBalanced(members, partitions, assignPartitions(members, partitions, current))
        assertBalanced(joining, partitions, assignPartitions(joining, partitions, current))
      }),
    )
  })

  it('changes nothing when nothing has changed', () => {
    fc.assert(
      fc.property(mixedArbitrary, partitionsArbitrary, (members, partitions) => {
        const owners = assignPartitions<Member, Partition>(members, partitions, new Map())
        assert.deepEqual(assignPartitions(members, partitions, owners), owners)
      }),
    )
  })

  it('moves partitions to a member that joins only, and from a member that leaves only', () => {
    fc.assert(
      fc.property(alikeArbitrary, fc.nat(12), (members, count) => {
        const partitions = partitionsOf('a', count)
        const [joining] = membersOf(1)
        assert.ok(joining !== undefined)
        const before = assignPartitions<Member, Partition>(members, partitions, new Map())
        const joined = assignPartitions([...members, joining], partitions, before)
        for (const partition of partitions) {
          if (joined.get(partition) !== joining) assert.equal(joined.get(partition), before.get(partition))
        }
        const left = assignPartitions(members, partitions, joined)
        for (const partition of partitions) {
          if (joined.get(partition) !== joining) assert.equal(left.get(partition), joined.get(partition))
        }
      }),
    )
  })

  it('gives a second member a share of the busy topic, not only the quiet one', () => {
    const partitions = [...partitionsOf('orders', 4), ...partitionsOf('orders.retry', 4)]
    const [first, second] = membersOf(2, ['orders', 'orders.retry'])
    assert.ok(first !== undefined && second !== undefined)
    const owners = assignPartitions([first, second], partitions, assignPartitions([first], partitions, new Map()))
    assert.equal(
      partitions.filter((partition) => partition.topic === 'orders' && owners.get(partition) === second).length,
      2,
    )
  })
})

function membersOf(count: number, topics: readonly string[] = topicNames): readonly Member[] {
  return Array.from({ length: count }, () => ({ topics }))
}

function partitionsOf(topic: string, count: number): readonly Partition[] {
  return Array.from({ length: count }, (_, partition) => ({ topic, partition }))
}

function assertBalanced(members: readonly Member[], partitions: readonly Partition[], owners: Owners): void {
  for (const topic of [...topicNames, undefined]) {
    const counted = partitions.filter((partition) => topic === undefined || partition.topic === topic)
    const loads = members.map((member) => counted.filter((partition) => owners.get(partition) === member).length)
    assert.ok(Math.max(...loads) - Math.min(...loads) <= 1, `${topic ?? 'all topics'}: ${loads.join(' ')}`)
  }
}
