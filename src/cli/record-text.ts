import { documentAt, textAt, type Document } from './document.ts'

/** Bytes as the API shows them, for a person. Control characters of a record must not reach a terminal. */
export function bytesText(parent: Document, name: string): string {
  const bytes = documentAt(parent, name)
  const { text } = bytes
  if (typeof text === 'string') return text.replaceAll(/\p{C}/gu, ' ')
  const base64 = textAt(bytes, 'base64')
  return base64 === '' ? '(null)' : `base64:${base64}`
}
