import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { settingDescriptions } from '../../src/config.ts'
import { composeServices, ownServices } from './support/compose-file.ts'
import { textOf } from './support/repository.ts'
import { locals, variablesIn } from './support/terraform-source.ts'

const known = new Set(settingDescriptions.map(({ name }) => name))

/** What the module sets by itself; `local.settings` are those that its user may set. */
const setByModule = new Set([
  ...variablesIn(locals.environment),
  ...Object.keys(locals.kafka_secrets),
  ...Object.keys(locals.couchbase_secrets),
  ...variablesIn(locals.gateway_secrets),
])

const notInModule = new Set([
  // Of one host, and tasks share no disk.
  'ORDERMILL_DATA_DIR',
  'ORDERMILL_STORE',
  // CloudWatch takes metrics out of lines that are JSON, as they are wherever nothing is a terminal.
  'ORDERMILL_LOG_FORMAT',
  // Confluent's login is one of the three secrets; another one would be a fourth.
  'ORDERMILL_KAFKA_SASL_MECHANISM',
  'ORDERMILL_KAFKA_USERNAME',
  'ORDERMILL_KAFKA_PASSWORD',
  'ORDERMILL_KAFKA_TLS',
  // The image holds no such files.
  'ORDERMILL_KAFKA_CA_FILE',
  'ORDERMILL_KAFKA_CERT_FILE',
  'ORDERMILL_KAFKA_KEY_FILE',
  'ORDERMILL_COUCHBASE_CA_FILE',
])

const inCompose = new Set(ownServices.flatMap(([, { environment = {} }]) => Object.keys(environment)))

/** What the module sets and compose does not: that one has neither cloud, login nor load balancer. */
const ofTheCloud = new Set([
  'CONFLUENT_API_KEY',
  'CONFLUENT_API_SECRET',
  'ORDERMILL_CLOUDWATCH_NAMESPACE',
  'ORDERMILL_CLOUDWATCH_DIMENSIONS',
  'ORDERMILL_TRUSTED_PROXIES',
  'ORDERMILL_PAYMENT_GATEWAY_URL',
  'ORDERMILL_PAYMENT_GATEWAY_TOKEN',
  // As by default.
  'PORT',
])

describe('settings of the code, the module and compose', () => {
  it('are each set by the module, offered by it, or left out for a reason', () => {
    const names = [...setByModule, ...locals.settings, ...notInModule]
    assert.deepEqual(names.toSorted(), [...known].toSorted())
  })

  it('are in compose when the module sets them', () => {
    const missing = setByModule.difference(inCompose).difference(ofTheCloud)
    assert.deepEqual([...missing], [])
  })

  it('can be set by the module when compose sets them', () => {
    const missing = inCompose.difference(setByModule).difference(new Set(locals.settings))
    assert.deepEqual([...missing], [])
  })

  it('are known to the code wherever they are set for our image', () => {
    const stages = textOf('Dockerfile').split(/^FROM /m)
    const inImage = [...(stages.at(-1) ?? '').matchAll(/^ENV (\w+)=/gm)].map(([, name = '']) => name)
    assert.deepEqual(inImage.toSorted(), ['NODE_ENV', 'ORDERMILL_DATA_DIR'])
    const unknown = [...inCompose, ...inImage].filter((name) => !known.has(name) && name !== 'NODE_ENV')
    assert.deepEqual(unknown, [])
  })

  it('of other images are those that their documentation names', () => {
    const prefixes: Readonly<Record<string, RegExp>> = {
      kafka: /^KAFKA_/,
      grafana: /^GF_/,
      // Read by infra/docker/bucket.sh.
      bucket: /^COUCHBASE_(BUCKET|USERNAME|PASSWORD)$/,
    }
    const own = new Set(ownServices.map(([name]) => name))
    for (const [service, { environment = {} }] of composeServices.filter(([name]) => !own.has(name))) {
      const strange = Object.keys(environment).filter((name) => !prefixes[service]?.test(name))
      assert.deepEqual(strange, [], service)
    }
    const script = textOf('infra/docker/bucket.sh')
    const read = new Set([...script.matchAll(/\$\{?(COUCHBASE_\w+)/g)].map(([, name = '']) => name))
    const given = composeServices.find(([name]) => name === 'bucket')?.[1].environment ?? {}
    assert.deepEqual(Object.keys(given).toSorted(), [...read].toSorted())
  })
})
