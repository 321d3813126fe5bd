import { describeGroupsV5 } from '@platformatic/kafka'
import type { GroupMember } from '../../ports/log.ts'
import { decodeAssignment } from './kafka-assignor.ts'
import type { Cluster } from './kafka-cluster.ts'
import { hasProtocolError } from './kafka-errors.ts'

type DescribedMember = describeGroupsV5.DescribeGroupsResponseMember

export async function groupMembers(cluster: Cluster, group: string): Promise<readonly GroupMember[]> {
  const members = await cluster.persistently(() => describeMembers(cluster, group))
  return members.map(({ memberId, clientHost, memberAssignment }) => ({
    member: `${memberId} at ${clientHost.replace(/^\//, '')}`,
    // Nobody has any while the group rebalances.
    partitions: memberAssignment.length > 0 ? decodeAssignment(memberAssignment) : [],
  }))
}

/** None of a group that the broker does not know, or that is not of consumers. */
export async function describeMembers(cluster: Cluster, group: string): Promise<readonly DescribedMember[]> {
  const coordinator = await cluster.coordinator('GROUP', group)
  try {
    const { groups } = await cluster.shared.ask(coordinator, describeGroupsV5.api, [group], false)
    return groups.flatMap(({ protocolType, members }) => (protocolType === 'consumer' ? members : []))
  } catch (error) {
    if (hasProtocolError(error, 'GROUP_ID_NOT_FOUND')) return []
    throw error
  }
}
