import assert from 'node:assert/strict'
import { beforeEach, describe, it } from 'node:test'
import {
  AmbiguousTimeoutError,
  AuthenticationFailureError,
  BucketNotFoundError,
  IndexExistsError,
  InternalServerFailureError,
  ParsingFailureError,
  PlanningFailureError,
  QueryScanConsistency,
  RequestCanceledError,
  ServiceNotAvailableError,
  UnambiguousTimeoutError,
  type Cluster,
} from 'couchbase'
import {
  startQueryService,
  type QueryAnswer,
  type QueryRequest,
  type QueryService,
} from '../support/couchbase/query-service.ts'
import { couchbaseSuiteOptions, useMockServer } from '../support/couchbase/suite.ts'
import { startWireProxy } from '../support/couchbase/wire-proxy.ts'
import { connectTo } from './client.ts'

const quick = { timeout: 300 }
const statement = 'SELECT RAW $low + $high'

describe('the query service', couchbaseSuiteOptions(), () => {
  const server = useMockServer()
  let service: QueryService
  let cluster: Cluster
  let answer: (request: QueryRequest) => QueryAnswer

  beforeEach(async (t) => {
    assert.ok('after' in t)
    answer = () => ({ rows: [] })
    service = await startQueryService((request) => answer(request))
    const proxy = await startWireProxy(server(), { query: { port: service.port } })
    const client = await connectTo(proxy)
    t.after(async () => {
      await client.close()
      proxy.close()
      await service.stop()
    })
    cluster = client.cluster
  })

  it('is found by the SDK, gets all that it asks, and answers with rows', async () => {
    answer = ({ parameters: { low, high } }) => ({ rows: [Number(low) + Number(high), { nested: ['é'] }] })
    const { rows, meta } = await cluster.query(statement, {
      parameters: { low: 1, high: 2 },
      readOnly: true,
      scanConsistency: QueryScanConsistency.RequestPlus,
      timeout: 4_500,
      metrics: true,
    })
    assert.deepEqual([rows, meta.status, meta.metrics?.resultCount], [[3, { nested: ['é'] }], 'success', 2])
    assert.deepEqual(service.requests(), [
      {
        statement,
        parameters: { low: 1, high: 2 },
        readonly: true,
        scanConsistency: 'request_plus',
        timeout: '4500ms',
        queryContext: undefined,
      },
    ])
  })

  it('is told the scope, and what was not asked for', async () => {
    await cluster.bucket('order_analytics').scope('ordermill').query(statement, { timeout: 4_000 })
    assert.deepEqual(service.requests(), [
      {
        statement,
        parameters: {},
        readonly: false,
        scanConsistency: undefined,
        timeout: '4000ms',
        queryContext: '`order_analytics`.`ordermill`',
      },
    ])
  })

  const failures = [
    { code: 4000, msg: 'No index available on keyspace that matches your query', as: PlanningFailureError },
    { code: 12003, msg: 'Keyspace not found in CB datastore: default:order_analytics', as: BucketNotFoundError },
    { code: 13014, msg: 'User does not have credentials to run SELECT queries', as: AuthenticationFailureError },
    { code: 3000, msg: 'syntax error - line 1, column 8', as: ParsingFailureError },
    { code: 4300, msg: 'The index by_customer already exists.', as: IndexExistsError },
    { code: 9999, msg: 'of no kind that the SDK knows', as: InternalServerFailureError },
  ] as const
  for (const { as, ...error } of failures) {
    it(`fails with ${error.code}: ${as.name}`, async () => {
      answer = () => ({ errors: [error], httpStatus: 400 })
      await assert.rejects(cluster.query(statement), as)
      assert.equal(service.requests().length, 1)
    })
  }

  it('fails with HTTP 503 and nothing else: ServiceNotAvailableError', async () => {
    answer = () => ({ errors: [], httpStatus: 503 })
    await assert.rejects(cluster.query(statement), ServiceNotAvailableError)
  })

  it('hangs: the time-out is ambiguous unless the query only reads', async () => {
    service.hang()
    await assert.rejects(cluster.query(statement, quick), AmbiguousTimeoutError)
    await assert.rejects(cluster.query(statement, { ...quick, readOnly: true }), UnambiguousTimeoutError)
    service.recover()
    await cluster.query(statement)
  })

  it('is gone: the SDK tries a query that only reads again until its time is up', async () => {
    await cluster.query(statement)
    await service.stop()
    await assert.rejects(cluster.query(statement), RequestCanceledError)
    await assert.rejects(cluster.query(statement, { ...quick, readOnly: true }), UnambiguousTimeoutError)
  })
})
