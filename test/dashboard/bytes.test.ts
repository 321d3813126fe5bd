import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { hexDump, prettyJson } from '../../dashboard/src/bytes.ts'

describe('a refused record on the page', () => {
  it('is shown in hex as hexdump -C does', () => {
    const bytes = Buffer.concat([Buffer.from('{"order_id":'), Buffer.from([0x00, 0xff, 0x0a, 0x80, 0x41])])
    assert.equal(
      hexDump(bytes.toString('base64')),
      [
        '00000000  7b 22 6f 72 64 65 72 5f  69 64 22 3a 00 ff 0a 80 |{"order_id":....|',
        '00000010  41                                               |A|',
      ].join('\n'),
    )
  })

  it('stops its hex after 16 KiB and says how much is left', () => {
    const lines = hexDump(Buffer.alloc(20_000).toString('base64')).split('\n')
    assert.equal(lines.length, 1_025)
    assert.equal(lines.at(-1), '... 3616 bytes more')
  })

  it('is indented when it is JSON, and not shown as JSON when it is none', () => {
    assert.equal(prettyJson('{"a":1}'), '{\n  "a": 1\n}')
    assert.equal(prettyJson('{"a":1'), undefined)
    assert.equal(prettyJson(null), undefined)
  })

  it('is not shown as JSON when that would change a number', () => {
    assert.equal(prettyJson('{"order_id":9007199254740993}'), undefined)
    assert.notEqual(prettyJson('{"order_id":9007199254740991}'), undefined)
    assert.notEqual(prettyJson('{"text":"12345678901234567890"}'), undefined)
  })
})
