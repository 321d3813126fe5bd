import type { TestContext } from 'node:test'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { startAwsEmulator, type AwsEmulator } from './aws-emulator.ts'
import type { Account } from './aws-account.ts'
import { openTerraform } from './terraform.ts'

export const domain = 'orders.example.com'
export const alarmEmail = 'operations@example.com'

/** What the example is given; the secret ones hold `-secret`, so that a search finds them where they don't belong. */
const given = {
  ghcr_username: 'Somebody',
  ghcr_pat: 'ghcr-secret',
  confluent_bootstrap_servers: 'broker.example.com:9092',
  confluent_api_key: 'key-secret',
  confluent_api_secret: 'kafka-secret',
  couchbase_host: 'couchbases://cb.example.com',
  couchbase_username: 'ordermill',
  couchbase_password: 'store-secret',
} as const

/** What is asked of the secrets, by their names. */
export const secretValues = {
  'ordermill-ghcr-credentials': { username: given.ghcr_username, password: given.ghcr_pat },
  'ordermill-confluent-credentials': {
    bootstrap_servers: given.confluent_bootstrap_servers,
    api_key: given.confluent_api_key,
    api_secret: given.confluent_api_secret,
  },
  'ordermill-couchbase-credentials': {
    host: given.couchbase_host,
    bucket: 'order_analytics',
    username: given.couchbase_username,
    password: given.couchbase_password,
  },
} as const

/**
 * The state is kept in a file; a server that lacks an operation says so at once instead of after minutes of retries;
 * and what protects an account from haste is off.
 */
const override = `terraform {
  backend "local" {}
}
provider "aws" {
  max_retries = 1
}
module "ordermill" {
  deletion_protection  = false
  secret_recovery_days = 0
}
`

export type AppliedExample = Readonly<{
  before: Account
  made: Account
  account: AwsEmulator['account']
  /** Runs Terraform in the example. */
  terraform: (...args: readonly string[]) => Promise<string>
}>

/** The example of the module, applied to an emulator of AWS by the real provider. */
export async function applyExample(t: Pick<TestContext, 'after'>): Promise<AppliedExample> {
  const { environment, makeZone, account } = await startAwsEmulator(t)
  const values = {
    ...given,
    region: 'eu-central-1',
    api_tokens: JSON.stringify([`operator:${'0'.repeat(64)}`]),
    image_tag: 'v1',
    domain_name: domain,
    route53_zone_id: await makeZone('example.com'),
    alarm_email: alarmEmail,
  }
  const variables = Object.entries(values).map(([name, value]) => [`TF_VAR_${name}`, value] as const)
  const { directory, run } = await openTerraform(t, {
    environment: { ...environment, ...Object.fromEntries(variables) },
  })
  const example = 'environments/example'
  await writeFile(join(directory, example, 'test_override.tf'), override)
  const terraform = (...args: readonly string[]): Promise<string> => run([...args, '-no-color'], example)
  await terraform('init')
  const before = await account()
  await terraform('apply', '-auto-approve', '-parallelism=30')
  return { before, made: await account(), account, terraform }
}
