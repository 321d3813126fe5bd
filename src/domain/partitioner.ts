const seed = 0x9747b28c
const m = 0x5bd1e995
const r = 24

/**
 * Kafka's murmur2 of a key, as a signed 32-bit integer.
 *
 * @see org.apache.kafka.common.utils.Utils.murmur2: every Kafka client places keys by it
 */
export function murmur2(key: Uint8Array): number {
  const { length } = key
  const view = new DataView(key.buffer, key.byteOffset, length)
  const wholeWords = length >> 2
  let hash = seed ^ length
  for (let word = 0; word < wholeWords; word += 1) {
    const mixed = Math.imul(view.getInt32(word * 4, true), m)
    hash = Math.imul(hash, m) ^ Math.imul(mixed ^ (mixed >>> r), m)
  }
  const rest = length - wholeWords * 4
  for (let index = rest - 1; index >= 0; index -= 1) hash ^= view.getUint8(wholeWords * 4 + index) << (8 * index)
  if (rest > 0) hash = Math.imul(hash, m)
  hash = Math.imul(hash ^ (hash >>> 13), m)
  return hash ^ (hash >>> 15)
}

/** The partition of a key among `partitions` (1 or more): Kafka's default partitioner, so all logs place records alike. */
export function partitionOfKey(key: Uint8Array, partitions: number): number {
  return (murmur2(key) & 0x7fffffff) % partitions
}
