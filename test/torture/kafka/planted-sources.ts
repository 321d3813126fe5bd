/**
 * Loaded before a service, `--import <this file>?<name>`: plants a fault in the sources that it is about to run. A text
 * that is not there any more ends the process, so that no control passes without its fault.
 */
import { readFileSync } from 'node:fs'
import { registerHooks } from 'node:module'
import { fileURLToPath } from 'node:url'

type Patch = Readonly<{ file: string; text: string; instead: string }>

/** The commit point of a store on Couchbase. */
const moves = 'if ((await shards.replace(keyOf(claim.shard), JSON.stringify(next), cas)) !== undefined) return'

const plants: Readonly<Record<string, readonly Patch[]>> = {
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

const name = decodeURIComponent(new URL(import.meta.url).search.slice(1))
const patches = plants[name]
if (!patches) throw new Error(`there is no fault ${name} to plant`)
const sourceRoot = new URL('../../../src/', import.meta.url)
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
