/**
 * Loaded before a rival, `--import <this file>?<name>`: plants a fault in the adapter's sources. A text that is not there
 * any more ends the process, so that no control passes without its fault.
 */
import { readFileSync } from 'node:fs'
import { registerHooks } from 'node:module'
import { fileURLToPath } from 'node:url'

type Patch = Readonly<{ file: string; text: string; instead: string }>

const swap = 'shards.replace(keyOf(claim.shard), JSON.stringify(next), cas)'

const plants: Readonly<Record<string, readonly Patch[]>> = {
  'a swap without a compare': [
    {
      file: 'couchbase-shards.ts',
      text: swap,
      instead: swap.replace('cas)', '(await shards.get(keyOf(claim.shard))).cas)'),
    },
  ],
  'no duplicate check': [
    { file: 'couchbase-orders.ts', text: 'foldOrders(totals, claim.next,', instead: 'foldOrders(totals, 0,' },
    { file: 'couchbase-ledger.ts', text: 'foldPayments(tally, claim.next,', instead: 'foldPayments(tally, 0,' },
  ],
  'a fenced writer that reads again and retries': [
    {
      file: 'couchbase-shards.ts',
      text: 'now.document.batchId !== progress.batchId) throw fenced(claim.shard)',
      instead:
        'now.document.batchId !== progress.batchId) await shards.replace(keyOf(claim.shard), ' +
        'JSON.stringify({ ...now.document, ...progress, ...change }), now.cas)',
    },
  ],
  'minutes that do not know what they counted': [
    { file: 'couchbase-series.ts', text: 'Math.max(claim.next, bucket?.next ?? 0)', instead: 'claim.next' },
  ],
  'orders that do not know who came first': [
    {
      file: 'couchbase-order-states.ts',
      text: 'const folded = foldFacts(known, batch)',
      instead: 'const folded = foldFacts(undefined, batch)',
    },
  ],
}

const name = decodeURIComponent(new URL(import.meta.url).search.slice(1))
const patches = plants[name]
if (!patches) throw new Error(`there is no fault ${name} to plant`)
const sourceRoot = new URL('../../../../src/adapters/couchbase/', import.meta.url)
for (const { file, text } of patches) {
  const source = readFileSync(fileURLToPath(new URL(file, sourceRoot)), 'utf8')
  if (!source.includes(text)) throw new Error(`${name} can't be planted: ${file} has no ${text}`)
}

registerHooks({
  load(url, context, nextLoad) {
    const loaded = nextLoad(url, context)
    const here = patches.filter(({ file }) => url === new URL(file, sourceRoot).href)
    if (here.length === 0) return loaded
    const unspoilt = readFileSync(fileURLToPath(url), 'utf8')
    const source = here.reduce((text, { text: found, instead }) => text.replace(found, instead), unspoilt)
    return { ...loaded, source }
  },
})
