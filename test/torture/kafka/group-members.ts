import { Admin } from '@platformatic/kafka'
import { waitFor } from '../../support/wait-for.ts'

/** A group as an administrator sees it. */
export type GroupAdmin = Readonly<{
  /** Resolves with the ids of its members once there are so many, and each knows what it has. */
  settled: (group: string, members: number) => Promise<readonly string[]>
  /** What the end of its session would do, without the wait. */
  evict: (group: string, memberId: string) => Promise<void>
  close: () => Promise<void>
}>

export function openGroupAdmin(bootstrap: string): GroupAdmin {
  const admin = new Admin({ clientId: 'torture', bootstrapBrokers: bootstrap.split(','), retries: 10, retryDelay: 100 })
  return {
    async settled(group, count) {
      let members: readonly string[] = []
      await waitFor(`${group} has ${count} members and is stable`, async () => {
        const described = (await admin.describeGroups({ groups: [group] }).catch(() => undefined))?.get(group)
        members = [...(described?.members.keys() ?? [])]
        return described?.state === 'Stable' && members.length === count
      })
      return members
    },
    evict: (groupId, memberId) => admin.removeMembersFromConsumerGroup({ groupId, members: [{ memberId }] }),
    close: () => admin.close(),
  }
}
