import { dayMs } from '../../domain/window.ts'
import type { Intake, RememberedRequest } from '../../ports/intake.ts'
import { orderIdChosenMax } from '../../ports/intake.ts'
import { checkOrderIds, keyReused } from '../store/order-ids.ts'
import { hashed } from './couchbase-keys.ts'
import type { Keyspaces } from './couchbase-keyspaces.ts'
import { readJson, type Modify } from './couchbase-json.ts'
import type { CouchbaseStoreOptions } from './couchbase-options.ts'

/** `greatest` id that was given, seen or told of. */
type OrderIds = Readonly<{ kind: 'order-ids'; greatest: number }>
type RequestDocument = RememberedRequest & Readonly<{ kind: 'request'; fingerprint: string }>

const orderIdsKey = 'order-ids'
/** Of what is promised for a day, some more. The server drops what is older; there is no other bound than the rate limit. */
const rememberedMs = 2 * dayMs

export function couchbaseIntake(
  { intake }: Pick<Keyspaces, 'intake'>,
  modify: Modify,
  { now }: Pick<CouchbaseStoreOptions, 'now'>,
): Intake {
  /** What is known to be noted: ids mostly grow, but in a replay they were all seen. */
  let noted = 0

  async function reserveOrderIds(count: number): Promise<number> {
    let first = 0
    await modify<OrderIds>(intake, orderIdsKey, (ids) => {
      const last = ids?.greatest ?? 0
      checkOrderIds(last, count)
      first = last + 1
      return { kind: 'order-ids', greatest: last + count }
    })
    return first
  }

  return {
    reserveOrderIds,

    async noteOrderIds(greatest) {
      if (greatest <= noted || greatest > orderIdChosenMax) return
      const ids = await modify<OrderIds>(intake, orderIdsKey, (known) =>
        (known?.greatest ?? 0) >= greatest ? undefined : { kind: 'order-ids', greatest },
      )
      noted = Math.max(noted, ids?.greatest ?? 0)
    },

    async remember({ principal, key, fingerprint, idsNeeded, atMs }) {
      const known = await readJson<RequestDocument>(intake, requestKey(principal, key))
      const request = known?.document ?? (await firstAttempt())
      if (request.fingerprint !== fingerprint) throw keyReused(key)
      const { firstOrderId, response } = request
      return { firstOrderId, atMs: request.atMs, response }

      async function firstAttempt(): Promise<RequestDocument> {
        const firstOrderId = await reserveOrderIds(idsNeeded)
        const fresh: RequestDocument = { kind: 'request', fingerprint, firstOrderId, atMs, response: undefined }
        const insert = (document: RequestDocument | undefined) => (document ? undefined : fresh)
        return (await modify(intake, requestKey(principal, key), insert, now() + rememberedMs)) ?? fresh
      }
    },

    async complete(principal, key, response) {
      const finish = (known: RequestDocument | undefined) =>
        known && known.response === undefined ? { ...known, response } : undefined
      await modify(intake, requestKey(principal, key), finish, now() + rememberedMs)
    },
  }
}

function requestKey(principal: string, key: string): string {
  return `request/${hashed(JSON.stringify([principal, key]))}`
}
