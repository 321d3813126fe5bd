import { fraudReason } from '../../domain/fraud.ts'
import type { OrderQueries, StoredAlert, StoredDeadLetter } from '../../ports/order-queries.ts'
import type { DeadLetter, ViewFact, ViewStore } from '../../ports/view-store.ts'
import { checkClaim } from '../store/claim.ts'
import { deadLetterId } from '../store/dead-letter-id.ts'
import { addViewCounts, noViews, type ViewCounts } from '../store/view-counts.ts'
import type { StoreDatabase } from './sqlite-store-database.ts'
import { intOf, memberOf, restoreJson, textOf, type Row } from './sqlite-store-rows.ts'
import { sqliteShardSum, sqliteSums } from './sqlite-store-shards.ts'

type Views = Pick<ViewStore, 'applyViews'> & Pick<OrderQueries, 'viewCounts'>

/** Counted in the shards: counting rows would be a scan. */
export function sqliteViews(db: StoreDatabase): Views {
  const shards = sqliteShardSum(db, 'views')
  const readCounts = sqliteViewCounts(db)
  const insert = sqliteViewInsert(db)

  return {
    applyViews: (claim, facts, progress) =>
      db.write(() => {
        const shard = shards.read(claim.shard)
        if (checkClaim(shard, claim, progress) === 'answer') return
        let counts = countsOf(shard?.sum)
        for (const fact of facts) if (fact.offset >= claim.next) counts = addViewCounts(counts, insert(fact))
        shards.move(claim.shard, progress, JSON.stringify(counts))
      }),

    viewCounts: () => db.read(readCounts),
  }
}

/** Within a read. */
export function sqliteViewCounts(db: StoreDatabase): () => ViewCounts {
  const sums = sqliteSums(db, 'views')
  return () => sums().sums.map(countsOf).reduce(addViewCounts, noViews)
}

function countsOf(sum: string | undefined): ViewCounts {
  return sum === undefined ? noViews : restoreJson<ViewCounts>(sum)
}

/** Inserts unless it is there, and says what is new. */
function sqliteViewInsert(db: StoreDatabase): (fact: ViewFact) => ViewCounts {
  const insertAlert = db.prepare(`
    INSERT INTO alerts (order_id, identity_ms, reason, timestamp_ms, currency, amount_minor, country, created_at_ms)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING`)
  const insertLetter = db.prepare(`
    INSERT INTO dead_letters (id, timestamp_ms, order_id, group_name, code, letter)
    VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING`)

  return (fact) => {
    if (fact.kind === 'alert') {
      const { orderId, reason, amount, country, createdAtMs } = fact.alert
      const { changes } = insertAlert.run(
        orderId,
        fact.identity.createdAtMs,
        reason,
        fact.timestampMs,
        amount.currency,
        amount.minor,
        country,
        createdAtMs,
      )
      return changes === 1 ? { alerts: 1, deadLetters: 0 } : noViews
    }
    if (fact.kind !== 'dead-letter') return noViews
    const { letter } = fact
    const { timestampMs, orderId, group, code } = letter
    const { changes } = insertLetter.run(
      deadLetterId(letter),
      timestampMs,
      orderId,
      group,
      code,
      JSON.stringify(letter),
    )
    return changes === 1 ? { alerts: 0, deadLetters: 1 } : noViews
  }
}

export function storedAlertOf(row: Row): StoredAlert {
  return {
    timestampMs: intOf(row, 'timestamp_ms'),
    alert: {
      orderId: intOf(row, 'order_id'),
      reason: memberOf(
        [fraudReason],
        [fraudReason].findIndex((reason) => reason === row['reason']),
      ),
      amount: { currency: textOf(row, 'currency'), minor: intOf(row, 'amount_minor') },
      country: textOf(row, 'country'),
      createdAtMs: intOf(row, 'created_at_ms'),
    },
  }
}

export function storedDeadLetterOf(row: Row): StoredDeadLetter {
  return { ...restoreJson<DeadLetter>(textOf(row, 'letter')), id: textOf(row, 'id') }
}
