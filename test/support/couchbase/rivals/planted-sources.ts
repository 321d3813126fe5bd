/**
 * Loaded before a rival, `--import <this file>?<name>`: plants a fault in the adapter's sources. A text that is not there
 * any more ends the process, so that no control passes without its fault.
 */
import { plantSources, type Plants } from '../../plant-sources.ts'

const swap = 'shards.replace(keyOf(claim.shard), JSON.stringify(next), cas)'

const plants: Plants = {
  'a swap without a compare': [
    {
      file: 'adapters/couchbase/couchbase-shards.ts',
      text: swap,
      instead: swap.replace('cas)', '(await shards.get(keyOf(claim.shard))).cas)'),
    },
  ],
  'no duplicate check': [
    {
      file: 'adapters/couchbase/couchbase-orders.ts',
      text: 'foldOrders(totals, claim.next,',
      instead: 'foldOrders(totals, 0,',
    },
    {
      file: 'adapters/couchbase/couchbase-ledger.ts',
      text: 'foldPayments(tally, claim.next,',
      instead: 'foldPayments(tally, 0,',
    },
  ],
  'a fenced writer that reads again and retries': [
    {
      file: 'adapters/couchbase/couchbase-shards.ts',
      text: 'now.document.batchId !== progress.batchId) throw fenced(claim.shard)',
      instead:
        'now.document.batchId !== progress.batchId) await shards.replace(keyOf(claim.shard), ' +
        'JSON.stringify({ ...now.document, ...progress, ...change }), now.cas)',
    },
  ],
  'minutes that do not know what they counted': [
    {
      file: 'adapters/couchbase/couchbase-series.ts',
      text: 'Math.max(claim.next, bucket?.next ?? 0)',
      instead: 'claim.next',
    },
  ],
  'orders that do not know who came first': [
    {
      file: 'adapters/couchbase/couchbase-order-states.ts',
      text: 'const folded = foldFacts(known, batch)',
      instead: 'const folded = foldFacts(undefined, batch)',
    },
  ],
}

plantSources(plants, decodeURIComponent(new URL(import.meta.url).search.slice(1)))
