import assert from 'node:assert/strict'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { parse } from 'yaml'
import { runTool } from '../../test/support/kafka/run-tool.ts'
import { debianPackages, missingForDebianPackages } from './support/debian-packages.ts'
import { repository, textOf } from './support/repository.ts'

const directory = 'infra/docker/prometheus'

describe('Prometheus', { skip: missingForDebianPackages() ?? false }, () => {
  it('takes its configuration', () => promtool('check', 'config', 'prometheus.yml'))

  it('takes the rules', () => promtool('check', 'rules', '--lint-fatal', 'rules.yml'))

  it('alerts as the tests of the rules say', () => promtool('test', 'rules', 'rules.test.yml'))
})

describe('tests of the alert rules', () => {
  type Rules = Readonly<{ groups: readonly Readonly<{ rules: readonly Readonly<{ alert: string }>[] }>[] }>
  type Case = Readonly<{ alertname: string; exp_alerts: readonly unknown[] }>
  type Tests = Readonly<{ tests: readonly Readonly<{ alert_rule_test: readonly Case[] }>[] }>

  const { groups } = parse(textOf(`${directory}/rules.yml`)) as Rules
  const { tests } = parse(textOf(`${directory}/rules.test.yml`)) as Tests
  const cases = tests.flatMap(({ alert_rule_test: alertCases }) => alertCases)

  for (const { alert } of groups.flatMap(({ rules }) => rules)) {
    it(`have ${alert} fire, and not fire`, () => {
      const ofAlert = cases.filter(({ alertname }) => alertname === alert)
      assert.ok(ofAlert.some(({ exp_alerts: expected }) => expected.length > 0))
      assert.ok(ofAlert.some(({ exp_alerts: expected }) => expected.length === 0))
    })
  }
})

async function promtool(...args: readonly string[]): Promise<void> {
  const packages = await debianPackages(['prometheus'])
  await runTool(join(packages, 'usr/bin/promtool'), args, join(repository, directory))
}
