import assert from 'node:assert/strict'
import { it } from 'node:test'
import { leadingTo } from '../support/couchbase/cluster-config.ts'
import {
  frameOf,
  opcodes,
  replyTo,
  requestOf,
  statuses,
  withValue,
  type Frame,
} from '../support/couchbase/memcached-frame.ts'

// The mock never answers so: it is the only node, so all virtual buckets are its own.
it('sends clients that asked the wrong node to the proxy as well', () => {
  const config = {
    rev: 3,
    nodesExt: [{ hostname: '127.0.0.1', services: { mgmt: 1, kv: 2, n1ql: 3 } }],
    nodes: [{ hostname: '127.0.0.1:1', ports: { proxy: 0, direct: 2 } }],
    vBucketServerMap: { serverList: ['127.0.0.1:2'], vBucketMap: [[0]] },
  }
  const reply = replyOf(statuses.notMyVbucket, JSON.stringify(config))
  const sent = frameOf(leadingTo({ kvPort: 10, queryPort: 11 }, reply))
  assert.deepEqual([sent.opcode, sent.status, sent.opaque], [opcodes.get, statuses.notMyVbucket, 7])
  assert.deepEqual(JSON.parse(String(sent.value)), {
    rev: 3,
    nodesExt: [{ hostname: '127.0.0.1', services: { kv: 10, n1ql: 11 } }],
    nodes: [{ hostname: '127.0.0.1:1', ports: { direct: 10 } }],
    vBucketServerMap: { serverList: ['127.0.0.1:10'], vBucketMap: [[0]] },
  })
})

it('leaves documents alone, even those that look like a configuration', () => {
  const reply = replyOf(statuses.success, '{"nodesExt":[{"services":{"kv":2}}]}')
  assert.equal(leadingTo({ kvPort: 10, queryPort: undefined }, reply), reply.bytes)
})

function replyOf(status: number, text: string): Frame {
  const request = { ...frameOf(requestOf(opcodes.get)), opaque: 7 }
  return frameOf(withValue(frameOf(replyTo(request, status)), Buffer.from(text)))
}
