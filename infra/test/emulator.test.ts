import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { alarmEmail, applyExample, domain, secretValues, type AppliedExample } from './support/applied-example.ts'
import type { Account } from './support/aws-account.ts'
import { awsEmulator } from './support/python-tools.ts'
import { missingForTerraform } from './support/terraform.ts'

const programs = ['analytics', 'backend', 'fraud', 'payment', 'producer', 'views']

describe('module, applied to an emulator of AWS', { skip: missingForTerraform() ?? awsEmulator.missing() }, () => {
  let example: AppliedExample
  let made: Account
  const closing: (() => unknown)[] = []
  after(async () => {
    for (const close of closing.toReversed()) await close()
  })
  before(async () => {
    example = await applyExample({ after: (close: () => unknown) => closing.push(close) })
    made = example.made
  })

  it('makes the three secrets with the keys of the contract, under its own key', () => {
    const values = made.secrets.map(({ Name: name, Value: value }) => [name, value])
    assert.deepEqual(Object.fromEntries(values), secretValues)
    for (const { KmsKeyId: key, Name: name } of made.secrets) assert.equal(key, only(made.keys).Arn, name)
  })

  it('lets the execution role read exactly those secrets', () => {
    const role = named(made.roles, 'RoleName', 'ordermill-execution')
    const statements = role.Policies.flatMap((policy) => policy.Statement)
    const reading = statements.filter(({ Action: action }) => /secretsmanager|\*/.test(String(action)))
    assert.deepEqual(reading.flatMap(({ Resource: arns }) => arns).toSorted(), secretArns(made))
    assert.deepEqual(only(reading).Action, 'secretsmanager:GetSecretValue')
    for (const { Resource: resource } of statements)
      assert.ok(![resource].flat().includes('*'), 'everything is allowed')
    for (const { RoleName: name, Policies: policies } of made.roles) {
      if (programs.includes(name.replace('ordermill-', ''))) assert.deepEqual(policies, [], name)
    }
  })

  it('runs one service a program in the cluster of the contract, each on its own task definition', () => {
    assert.equal(only(made.clusters).clusterName, 'ordermill-cluster')
    assert.deepEqual(made.services.map((service) => service.serviceName).toSorted(), programs)
    for (const { serviceName: name, taskDefinition: arn } of made.services) {
      const definition = named(made.taskDefinitions, 'taskDefinitionArn', arn)
      assert.equal(definition.family, `ordermill-${name}`)
      assert.equal(definition.executionRoleArn, named(made.roles, 'RoleName', 'ordermill-execution').Arn)
      assert.equal(containerOf(made, name).name, name)
    }
  })

  it('gives secrets to tasks as <arn>:<json key>:: and never as plain values', () => {
    const known = made.secrets.flatMap(({ ARN: arn, Value: value }) =>
      Object.keys(value).map((key) => `${arn}:${key}::`),
    )
    const ghcr = named(made.secrets, 'Name', 'ordermill-ghcr-credentials').ARN
    for (const program of programs) {
      const { environment, secrets, readonlyRootFilesystem, repositoryCredentials } = containerOf(made, program)
      assert.ok(secrets.length >= 3, program)
      for (const { name, valueFrom } of secrets)
        assert.ok(known.includes(valueFrom), `${program}: ${name} is ${valueFrom}`)
      for (const { name, value } of environment) assert.doesNotMatch(value, /-secret/, `${program}: ${name}`)
      assert.equal(readonlyRootFilesystem, true, program)
      assert.equal(repositoryCredentials.credentialsParameter, ghcr, program)
    }
  })

  it('serves the page by TLS 1.2 or later alone, under its name', () => {
    const [http, https] = [80, 443].map((port) => named(made.listeners, 'Port', port))
    const redirect = http?.DefaultActions[0]?.RedirectConfig
    assert.deepEqual([redirect?.StatusCode, redirect?.Protocol, redirect?.Port], ['HTTP_301', 'HTTPS', '443'])
    assert.match(String(https?.SslPolicy), /TLS13-1-2/)
    const certificate = only(made.certificates)
    assert.deepEqual([certificate.DomainName, certificate.Status], [domain, 'ISSUED'])
    assert.equal(https?.Certificates?.[0]?.CertificateArn, certificate.CertificateArn)
    const record = made.records.find(({ Name: name, Type: type }) => name === `${domain}.` && type === 'A')
    assert.equal(record?.AliasTarget?.DNSName, only(made.loadBalancers).DNSName)
  })

  it('asks /healthz of the port that the API has, every 30 s', () => {
    const group = only(made.targetGroups)
    assert.deepEqual([group.HealthCheckPath, group.HealthCheckIntervalSeconds], ['/healthz', 30])
    assert.equal(named(made.listeners, 'Port', 443).DefaultActions[0]?.TargetGroupArn, group.TargetGroupArn)
    const target = only(named(made.services, 'serviceName', 'backend').loadBalancers)
    assert.deepEqual(target, {
      targetGroupArn: group.TargetGroupArn,
      containerName: 'backend',
      containerPort: group.Port,
    })
    assert.equal(only(containerOf(made, 'backend').portMappings).containerPort, group.Port)
  })

  it('scales consumers by their lag, the API by requests, and the producer not at all', () => {
    const scaled = programs.filter((program) => program !== 'producer')
    assert.deepEqual(made.scalableTargets.map((target) => programOf(target.ResourceId)).toSorted(), scaled)
    for (const { ResourceId: id, MinCapacity: min, MaxCapacity: max } of made.scalableTargets) assert.ok(min < max, id)
    const policies = made.scalingPolicies.map((policy) => [programOf(policy.ResourceId), policy.PolicyName])
    const wanted = scaled.map((program) => [program, program === 'backend' ? 'requests' : 'lag'])
    assert.deepEqual(Object.fromEntries(policies), Object.fromEntries(wanted))
  })

  it('keeps the log of each program for a while, encrypted', () => {
    const logs = programs.map((program) => containerOf(made, program).logConfiguration.options['awslogs-group'])
    const groups = logs.map((name) => named(made.logGroups, 'logGroupName', name))
    assert.equal(new Set(logs).size, programs.length)
    for (const group of groups) assert.deepEqual([group.retentionInDays, group.kmsKeyId], [365, only(made.keys).Arn])
  })

  it('sends every alarm of its own to the topic, and the topic to a person', () => {
    const topic = only(made.topics).TopicArn
    // Autoscaling has alarms too.
    const alarms = made.alarms.filter(({ AlarmName: name }) => name.startsWith('ordermill-'))
    assert.ok(alarms.length >= programs.length)
    for (const alarm of alarms)
      assert.deepEqual([alarm.AlarmActions, alarm.OKActions], [[topic], [topic]], alarm.AlarmName)
    const { TopicArn: subscribed, Endpoint: endpoint } = only(made.subscriptions)
    assert.deepEqual([subscribed, endpoint], [topic, alarmEmail])
  })

  it('has nothing to change once it is applied', async () => {
    await example.terraform('plan', '-detailed-exitcode', '-parallelism=30')
  })

  it('leaves nothing when it is destroyed', async () => {
    await example.terraform('destroy', '-auto-approve', '-parallelism=30')
    assert.deepEqual(await example.account(), example.before)
    assert.match(await example.terraform('show'), /The state file is empty/)
  })
})

function secretArns({ secrets }: Account): readonly string[] {
  return secrets.map((secret) => secret.ARN).toSorted()
}

function containerOf({ taskDefinitions }: Account, program: string) {
  return only(named(taskDefinitions, 'family', `ordermill-${program}`).containerDefinitions)
}

/** `service/<cluster>/<service>` is how autoscaling calls it. */
function programOf(resourceId: string): string {
  return resourceId.split('/')[2] ?? ''
}

function named<One, Key extends keyof One>(all: readonly One[], key: Key, value: One[Key] | undefined): One {
  return only(all.filter((one) => one[key] === value))
}

function only<One>(all: readonly One[]): One {
  const [first] = all
  assert.ok(first !== undefined && all.length === 1, `there are ${all.length} instead of one`)
  return first
}
