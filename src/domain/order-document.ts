/** Where and when a record was read: what the contract adds to an order's document. */
export type DocumentStamp = Readonly<{ timestampMs: number; partition: number; offset: number }>

/**
 * The contract's order document: the received JSON text of an object with three members spliced in before its last
 * brace. It is never parsed and written again, so that every other byte stays as the sender wrote it; a member of the
 * same name that was there before is overruled, as a later member is for every reader.
 */
export function orderDocument(json: string, { timestampMs, partition, offset }: DocumentStamp): string {
  const end = json.lastIndexOf('}')
  const comma = /\{\s*$/.test(json.slice(Math.max(0, end - emptyObjectCharsMax), end)) ? '' : ','
  const stamp = `"processed_at":"${timestampMs}","kafka_offset":${offset},"kafka_partition":${partition}`
  return `${json.slice(0, end)}${comma}${stamp}${json.slice(end)}`
}

/** The text that {@link orderDocument} made a document of; undefined for what it did not make. */
export function receivedText(document: string): string | undefined {
  const stamped = /,?"processed_at":"\d+","kafka_offset":\d+,"kafka_partition":\d+(\}\s*)$/.exec(document)
  return stamped ? document.slice(0, stamped.index) + (stamped[1] ?? '') : undefined
}

/** How far back an opening brace is looked for; an order is never an empty object, but the text must be JSON anyway. */
const emptyObjectCharsMax = 16
