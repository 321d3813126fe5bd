/** What the API answered, as it is shown: numbers are kept as the text that they came as, with all their digits. */
export type Document = Readonly<Record<string, unknown>>

export function parseDocument(json: string): Document {
  return asDocument(
    JSON.parse(json, (_key, value: unknown, { source }) => (typeof value === 'number' ? source : value)),
  )
}

/** As it is, to be written as JSON again. */
export function parsePlain(json: string): Document {
  return asDocument(JSON.parse(json))
}

/** The member at a path such as `letter.topic`, as text; empty when it is missing or null. */
export function textAt(document: Document, path: string): string {
  const value = path.split('.').reduce<unknown>((parent, name) => asDocument(parent)[name], document)
  if (value === undefined || value === null) return ''
  return typeof value === 'string' ? value : JSON.stringify(value)
}

export function documentAt(document: Document, name: string): Document {
  return asDocument(document[name])
}

export function listAt(document: Document, name: string): readonly Document[] {
  const value = document[name]
  return Array.isArray(value) ? value.map(asDocument) : []
}

function asDocument(value: unknown): Document {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- every object has members of unknown type
  return typeof value === 'object' && value !== null ? (value as Document) : {}
}
