import assert from 'node:assert/strict'
import { it } from 'node:test'
import { documentMirror, type DocumentMirror } from '../support/couchbase/document-mirror.ts'
import { frameOf, opcodes, replyTo, requestOf, statuses, type Frame } from '../support/couchbase/memcached-frame.ts'

const blank = frameOf(requestOf(opcodes.get))
const request = (opcode: number, text = ''): Frame => ({ ...blank, opcode, key: 'key', value: Buffer.from(text) })
const reply = (cas: bigint, status: number = statuses.success): Frame => ({
  ...frameOf(replyTo(blank, status)),
  cas,
})
const textIn = (mirror: DocumentMirror): string | undefined => mirror.documents().get('key')

// Two clients write a document one after the other; the reply to the first comes last.
it('keeps the latest version though replies overtake each other', () => {
  const mirror = documentMirror()
  mirror.note(request(opcodes.set, 'second'), reply(2n))
  mirror.note(request(opcodes.add, 'first'), reply(1n))
  assert.equal(textIn(mirror), 'second')
  mirror.note(request(opcodes.delete), reply(4n))
  mirror.note(request(opcodes.replace, 'third'), reply(3n))
  assert.equal(textIn(mirror), undefined)
})

it('ignores what was refused', () => {
  const mirror = documentMirror()
  mirror.note(request(opcodes.add, 'first'), reply(1n))
  mirror.note(request(opcodes.replace, 'second'), reply(2n, statuses.keyExists))
  assert.equal(textIn(mirror), 'first')
})
