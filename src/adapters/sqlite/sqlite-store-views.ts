import { fraudReason } from '../../domain/fraud.ts'
import type { OrderQueries, StoredAlert, StoredDeadLetter, ViewCounts } from '../../ports/order-queries.ts'
import type { Redriven, ViewFact, ViewStore } from '../../ports/view-store.ts'
import { checkClaim } from '../store/claim.ts'
import { deadLetterId } from '../store/dead-letter-id.ts'
import { letterOf, type StoredLetter } from '../store/redrives.ts'
import { addViewCounts, noViews, type StoredViewCounts } from '../store/view-counts.ts'
import type { StoreDatabase } from './sqlite-store-database.ts'
import { intOf, memberOf, restoreJson, textOf, textOrNull, type Row } from './sqlite-store-rows.ts'
import { sqliteShardSum, sqliteSums } from './sqlite-store-shards.ts'

type Views = Pick<ViewStore, 'applyViews'> & Pick<OrderQueries, 'viewCounts'>

/** Counted in the shards: counting rows would be a scan. */
export function sqliteViews(db: StoreDatabase, prefix = ''): Views {
  const shards = sqliteShardSum(db, 'views', prefix)
  const readCounts = sqliteViewCounts(db, prefix)
  const insert = sqliteViewInsert(db, prefix)

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
export function sqliteViewCounts(db: StoreDatabase, prefix = ''): () => ViewCounts {
  const sums = sqliteSums(db, 'views', prefix)
  return () => sums().sums.map(countsOf).reduce(addViewCounts, noViews)
}

function countsOf(sum: string | undefined): ViewCounts {
  return sum === undefined ? noViews : addViewCounts(noViews, restoreJson<StoredViewCounts>(sum))
}

/** Inserts unless it is there, and says what is new. */
function sqliteViewInsert(db: StoreDatabase, prefix: string): (fact: ViewFact) => StoredViewCounts {
  const insertAlert = db.prepare(`
    INSERT INTO ${prefix}alerts (order_id, identity_ms, reason, timestamp_ms, currency, amount_minor, country, created_at_ms)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING`)
  const insertLetter = db.prepare(`
    INSERT INTO ${prefix}dead_letters (id, timestamp_ms, order_id, group_name, code, letter)
    VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING`)
  const insertRedrive = sqliteRedriveInsert(db, prefix)

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
      return { alerts: Number(changes) }
    }
    if (fact.kind === 'redrive') return insertRedrive(fact)
    if (fact.kind !== 'dead-letter') return {}
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
    return { deadLetters: Number(changes) }
  }
}

/** The latest redrive of a letter stands; the first one counts. */
function sqliteRedriveInsert(
  db: StoreDatabase,
  prefix: string,
): (fact: Extract<ViewFact, { kind: 'redrive' }>) => StoredViewCounts {
  const insert = db.prepare(`
    INSERT INTO ${prefix}redrives (letter_id, at_ms, redrive_offset, redrive) VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING`)
  const update = db.prepare(`
    UPDATE ${prefix}redrives SET at_ms = ?2, redrive_offset = ?3, redrive = ?4
    WHERE letter_id = ?1 AND (at_ms, redrive_offset) < (?2, ?3)`)
  return ({ letterId, redriven }) => {
    const values = [letterId, redriven.atMs, redriven.offset, JSON.stringify(redriven)] as const
    const { changes } = insert.run(...values)
    if (changes === 0) update.run(...values)
    return { redriven: Number(changes) }
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

/** What a dead letter is made of, by {@link storedDeadLetterOf}. */
export const letterColumns =
  'id, timestamp_ms, order_id, group_name, code, letter, (SELECT redrive FROM redrives WHERE letter_id = id) AS redrive'

export function storedDeadLetterOf(row: Row): StoredDeadLetter {
  const redrive = textOrNull(row, 'redrive')
  return {
    ...letterOf(restoreJson<StoredLetter>(textOf(row, 'letter'))),
    id: textOf(row, 'id'),
    redriven: redrive === null ? null : restoreJson<Redriven>(redrive),
  }
}
