import { createAPI, ProduceAcks, produceV9, Writer } from '@platformatic/kafka'

/** One record batch for a partition: a broker takes no more than one in a request. */
export type EncodedBatch = Readonly<{ topic: string; partition: number; bytes: Buffer }>

const brokerTimeoutMs = 10_000

/** Produce, version 9, with batches that are encoded already: the client's own makes one batch of whatever it is given. */
export const produceApi = createAPI<
  [transactionalId: string | null, batches: readonly EncodedBatch[]],
  produceV9.ProduceResponse
>(
  produceV9.api.key,
  produceV9.api.version,
  (transactionalId: string | null, batches: readonly EncodedBatch[]) =>
    Writer.create()
      .appendString(transactionalId)
      .appendInt16(ProduceAcks.ALL)
      .appendInt32(brokerTimeoutMs)
      .appendArray([...byTopic(batches)], (writer, [topic, own]) => {
        writer.appendString(topic).appendArray(own, (each, { partition, bytes }) => {
          each
            .appendInt32(partition)
            .appendUnsignedVarInt(bytes.length + 1)
            .append(bytes)
        })
      })
      .appendTaggedFields(),
  produceV9.parseResponse,
)

function byTopic(batches: readonly EncodedBatch[]): ReadonlyMap<string, EncodedBatch[]> {
  return Map.groupBy(batches, ({ topic }) => topic)
}
