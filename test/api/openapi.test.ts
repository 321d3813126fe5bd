import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { Type } from 'typebox'
import { openTestApi } from '../support/api.ts'

type Parameter = Readonly<{ name: string; in: string; schema?: object }>
type Operation = Readonly<{
  operationId: string
  summary: string
  responses: Record<string, Readonly<{ content?: object }>>
  parameters?: readonly Parameter[]
  requestBody?: object
}>
type ApiDocument = Readonly<{ openapi: string; paths: Record<string, Record<string, Operation>> }>
const openapiDocument = Type.Unsafe<ApiDocument>({ type: 'object' })

async function operations(t: Parameters<typeof openTestApi>[0]): Promise<readonly [string, Operation][]> {
  const { call } = await openTestApi(t)
  const { paths } = (await call({ url: '/api/openapi.json' })).json(openapiDocument)
  return Object.entries(paths).flatMap(([path, byMethod]) =>
    Object.entries(byMethod).map(([method, operation]): [string, Operation] => [`${method} ${path}`, operation]),
  )
}

describe('the OpenAPI document', () => {
  it('is OpenAPI 3.1, the same at both addresses', async (t) => {
    const { call } = await openTestApi(t)
    const [first, second] = [await call({ url: '/api/openapi.json' }), await call({ url: '/api/v1/openapi.json' })]
    assert.equal(first.json(openapiDocument).openapi, '3.1.0')
    assert.equal(first.text, second.text)
  })

  it('has every route of the wire contract', async (t) => {
    const names = new Set((await operations(t)).map(([name]) => name))
    const contract = [
      'get /api/analytics',
      'get /healthz',
      'get /api/v1/totals',
      'get /api/v1/orders',
      'get /api/v1/orders/{order_id}',
      'get /api/v1/payments',
      'get /api/v1/alerts',
      'get /api/v1/dead-letters',
      'post /api/v1/orders',
    ]
    assert.deepEqual(
      contract.filter((name) => !names.has(name)),
      [],
    )
  })

  it('names each operation once, and has schemas for its answers, its problems, its path and its body', async (t) => {
    const all = await operations(t)
    assert.equal(new Set(all.map(([, { operationId }]) => operationId)).size, all.length)
    for (const [name, operation] of all) {
      const { responses, parameters = [], requestBody } = operation
      assert.ok(operation.operationId, name)
      assert.ok(operation.summary, name)
      for (const [status, response] of Object.entries(responses)) {
        assert.ok(response.content || status === '204', `${name} ${status} has a schema`)
      }
      assert.ok(responses['4XX'] && responses['5XX'], `${name} declares its problems`)
      for (const parameter of parameters) assert.ok(parameter.schema, `${name} ${parameter.name}`)
      assert.equal(requestBody !== undefined, name.startsWith('post'), name)
      for (const [, parameter] of name.matchAll(/\{(\w+)\}/g)) {
        assert.ok(
          parameters.some((known) => known.name === parameter && known.in === 'path'),
          name,
        )
      }
    }
  })

  it('lists for pages a limit and a cursor', async (t) => {
    const paged = (await operations(t)).filter(([name]) => /get .*\/(orders|payments|alerts|dead-letters)$/.test(name))
    assert.equal(paged.length, 4)
    for (const [name, { parameters }] of paged) {
      const names = (parameters ?? []).map((parameter) => parameter.name)
      assert.ok(names.includes('limit') && names.includes('cursor'), name)
    }
  })
})
