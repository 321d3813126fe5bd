import assert from 'node:assert/strict'
import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { topicSpecs } from '../src/compose/topics.ts'
import { readConfig, settingDescriptions } from '../src/config.ts'
import { hasCode } from '../src/errors.ts'

const root = join(import.meta.dirname, '..')

const refused: readonly (readonly [string, Record<string, string>, RegExp])[] = [
  ['a variable that is none of ours', { ORDERMILL_PARTITION: '4' }, /ORDERMILL_PARTITION is not a setting/],
  ['half a login', { CONFLUENT_API_KEY: 'k' }, /CONFLUENT_API_KEY is set without CONFLUENT_API_SECRET/],
  ['the other half', { CONFLUENT_API_SECRET: 's' }, /CONFLUENT_API_SECRET is set without CONFLUENT_API_KEY/],
  ['half of the distributed system', { COUCHBASE_HOST: 'c' }, /COUCHBASE_HOST is set without KAFKA/],
  ['a topic with a path in it', { TOPIC_NAME: '../orders' }, /TOPIC_NAME is "..\/orders"/],
  ['a topic that is a directory', { TOPIC_NAME: '..' }, /TOPIC_NAME is "\.\."/],
  ['hexadecimal seconds', { SLEEP_SECONDS: '0x10' }, /SLEEP_SECONDS is "0x10"/],
  ['blank seconds', { SLEEP_SECONDS: ' ' }, /SLEEP_SECONDS is " "/],
  ['a port beyond the last', { PORT: '65536' }, /PORT is "65536", but must be a whole number from 0 to 65535/],
  ['an infinite limit', { ORDERMILL_FRAUD_HIGH_AMOUNT_BY_CURRENCY: 'USD=Infinity' }, /USD=Infinity/],
  ['two limits of one currency in one', { ORDERMILL_FRAUD_HIGH_AMOUNT_BY_CURRENCY: 'USD=1=2' }, /USD=1=2/],
  ['a currency that is none', { ORDERMILL_BASE_CURRENCY: 'XXX' }, /ORDERMILL_BASE_CURRENCY is "XXX"/],
  ['a token that is no hash', { ORDERMILL_TOKENS: 'operator:secret' }, /ORDERMILL_TOKENS/],
]

describe('the configuration', () => {
  for (const [what, environment, message] of refused) {
    it(`refuses ${what}, naming the variable`, () => {
      assert.throws(
        () => readConfig(environment),
        (error) => hasCode(error, 'CONFIG_INVALID') && message.test(error.message),
      )
    })
  }

  it('does not tell what a setting was that may hold a secret', () => {
    assert.throws(
      () => readConfig({ ORDERMILL_TOKENS: 'operator:correct-horse' }),
      (error) => hasCode(error, 'CONFIG_INVALID') && !error.message.includes('correct-horse'),
    )
  })

  it('takes an empty variable for a missing one', () => {
    assert.equal(readConfig({ PORT: '', TOPIC_NAME: '' }).port, 8000)
  })

  it('reads limits by currency', () => {
    const { fraudHighAmountByCurrency } = readConfig({ ORDERMILL_FRAUD_HIGH_AMOUNT_BY_CURRENCY: 'JPY=45000, EUR=0.5' })
    assert.deepEqual(fraudHighAmountByCurrency, { JPY: 45_000, EUR: 0.5 })
  })

  // A message told people to set ORDERMILL_RETENTION_HOURS, which is refused as no setting.
  it('has every setting that the sources speak of', () => {
    const known = new Set(settingDescriptions.map(({ name }) => name))
    const others = ['ORDERMILL_URL', 'ORDERMILL_TOKEN']
    const files = globSync('src/**/*.ts', { cwd: root }).map((file) => readFileSync(join(root, file), 'utf8'))
    const named = files.flatMap((text) => text.match(/\bORDERMILL_[A-Z_]*[A-Z]\b/g) ?? [])
    assert.ok(named.length > known.size / 2)
    assert.deepEqual(
      [...new Set(named)].filter((name) => !known.has(name) && !others.includes(name)),
      [],
    )
  })

  // The services read what they wrote, for ever.
  for (const topic of ['payments', 'order-analytics', 'fraud-alerts.views-group.dlq']) {
    it(`refuses ${topic} as input topic`, () => {
      assert.throws(
        () => topicSpecs(readConfig({ TOPIC_NAME: topic })),
        (error) => hasCode(error, 'CONFIG_INVALID'),
      )
    })
  }
})
