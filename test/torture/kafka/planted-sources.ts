/**
 * Loaded before a service, `--import <this file>?<name>`: plants a fault in the sources that it is about to run. A text
 * that is not there any more ends the process, so that no control passes without its fault.
 */
import { plantSources, type Plants } from '../../support/plant-sources.ts'

/** The commit point of a store on Couchbase. */
const moves = 'if ((await shards.replace(keyOf(claim.shard), JSON.stringify(next), cas)) !== undefined) return'

const plants: Plants = {
  'aborted records are read': [
    {
      file: 'adapters/kafka/kafka-committed.ts',
      text: 'return isTransactional && aborted.has(producerId)',
      instead: 'return false',
    },
  ],
  'offsets need not be stable': [
    { file: 'adapters/kafka/kafka-consume.ts', text: 'requireStable: true', instead: 'requireStable: false' },
  ],
  'a zombie commits as the member that it has become': [
    {
      file: 'adapters/kafka/kafka-membership.ts',
      text: 'return { id: joined.generationId, memberId, partitions:',
      instead:
        'Object.assign(globalThis, { newest: { id: joined.generationId, memberId } }); ' +
        'return { id: joined.generationId, memberId, partitions:',
    },
    {
      file: 'adapters/kafka/kafka-consume.ts',
      text: 'const { id, memberId } = generation\n    await commit',
      instead: 'const { id, memberId } = globalThis.newest\n    await commit',
    },
    {
      file: 'adapters/kafka/kafka-consume.ts',
      text: "if (controller.signal.aborted) return 'generation-over'",
      instead: '',
    },
  ],
  'a shard is swapped without compare': [
    {
      file: 'adapters/couchbase/couchbase-shards.ts',
      text: moves,
      instead: moves.replace(', cas)', ', (await shards.get(keyOf(claim.shard))).cas)'),
    },
  ],
  'a fenced writer reads again and retries': [
    {
      file: 'adapters/couchbase/couchbase-shards.ts',
      text: moves,
      instead: `${moves}
      const newest = await readJson(shards, keyOf(claim.shard))
      const again = { ...newest.document, ...progress, ...change }
      if ((await shards.replace(keyOf(claim.shard), JSON.stringify(again), newest.cas)) !== undefined) return`,
    },
  ],
}

plantSources(plants, decodeURIComponent(new URL(import.meta.url).search.slice(1)))
