import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { inspect } from 'node:util'
import { gatewayName } from '../../src/compose/gateway.ts'
import { readConfig } from '../../src/config.ts'
import { sealedAgain, unsealed } from '../../src/engine/engine-thread.ts'

const url = 'https://pay.example.com:8443/charges?key=k3y'
const environment = { ORDERMILL_PAYMENT_GATEWAY_URL: url, ORDERMILL_PAYMENT_GATEWAY_TOKEN: 's3cret' }

describe('settings of the payment gateway', () => {
  it('name the simulated one where there is none', () => {
    const config = readConfig({ ORDERMILL_GATEWAY_LATENCY_MS: '5' })
    assert.deepEqual([config.gateway, gatewayName(config)], [undefined, 'simulated, 5 ms'])
  })

  it('show its host alone, whoever looks', () => {
    const config = readConfig(environment)
    assert.equal(gatewayName(config), 'https://pay.example.com:8443')
    for (const text of [JSON.stringify(config), inspect(config, { depth: 9 })]) assert.doesNotMatch(text, /s3cret|k3y/)
    assert.deepEqual(config.gateway?.access.reveal(), { url, token: 's3cret' })
  })

  it('cross to the engine’s thread', () => {
    const data = { config: readConfig(environment), services: true, demo: undefined }
    const loggerOptions = { level: 'silent', pretty: false } as const
    const { config } = sealedAgain(structuredClone(unsealed({ ...data, loggerOptions })))
    assert.deepEqual(config.gateway?.access.reveal(), { url, token: 's3cret' })
  })

  it('refuse what can’t be meant, without telling what it was', () => {
    const wrong = [
      { ORDERMILL_PAYMENT_GATEWAY_URL: 'https://me:s3cret@pay.example.com' },
      { ORDERMILL_PAYMENT_GATEWAY_URL: 'ftp://s3cret.example.com' },
      { ORDERMILL_PAYMENT_GATEWAY_URL: 's3cret' },
      { ORDERMILL_PAYMENT_GATEWAY_TOKEN: 's3cret' },
      { ...environment, ORDERMILL_PAYMENT_GATEWAY_TOKEN: 's3cret\nx: y' },
    ]
    for (const given of wrong) {
      assert.throws(
        () => readConfig(given),
        (error: Error) => /ORDERMILL_PAYMENT_GATEWAY/.test(error.message) && !error.message.includes('s3cret'),
      )
    }
  })
})
