import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { parse } from 'yaml'
import { exportedSeries, publishedMetrics } from './support/exported-metrics.ts'
import { readPromQl } from './support/prom-ql.ts'
import { textOf } from './support/repository.ts'
import { locals, resourceOf } from './support/terraform-source.ts'

const series = await exportedSeries()
const published = await publishedMetrics()

/** What Prometheus adds: by itself, and by infra/docker/prometheus/prometheus.yml. */
const targetLabels = new Set(['job', 'instance', 'program'])
const ofPrometheus = new Set(['up'])

type Rules = Readonly<{ groups: readonly Readonly<{ rules: readonly Readonly<{ alert: string; expr: string }>[] }>[] }>
const { groups } = parse(textOf('infra/docker/prometheus/rules.yml')) as Rules
const alerts = groups.flatMap(({ rules }) => rules)

type Panel = Readonly<{ title: string; targets?: readonly Readonly<{ expr: string; legendFormat: string }>[] }>
const { panels } = JSON.parse(textOf('infra/docker/grafana/dashboards/ordermill.json')) as Readonly<{ panels: Panel[] }>

describe('metrics of Prometheus', () => {
  for (const { alert, expr } of alerts) it(`of the alert ${alert} are told by the code`, () => assertTold(expr))

  for (const { title, targets = [] } of panels) {
    it(`of the board’s panel "${title}" are told by the code`, () => {
      for (const { expr, legendFormat } of targets) {
        assertTold(expr)
        const inLegend = [...legendFormat.matchAll(/\{\{\s*(\w+)\s*\}\}/g)].map(([, label = '']) => label)
        assertLabels(inLegend, readPromQl(expr).series)
      }
    })
  }
})

function assertTold(text: string): void {
  const { series: names, labels, values } = readPromQl(text)
  const unknown = names.filter((name) => !series.has(name) && !ofPrometheus.has(name))
  assert.deepEqual(unknown, [])
  assertLabels(labels, names)
  const states = names.flatMap((name) => [...(series.get(name)?.get('state') ?? [])])
  for (const [label, value] of values) if (label === 'state') assert.ok(states.includes(value), value)
}

function assertLabels(labels: readonly string[], names: readonly string[]): void {
  const known = new Set([...targetLabels, ...names.flatMap((name) => [...(series.get(name)?.keys() ?? [])])])
  assert.deepEqual(
    labels.filter((label) => !known.has(label)),
    [],
  )
}

describe('metrics of CloudWatch', () => {
  it('of alarms are told by the code, with the dimensions that are asked for', () => {
    const own = [
      ...locals.alarms.matchAll(/namespace\s+= local\.metrics_namespace, metric = "(\w+)"[^}]*?dimensions = (.*)/g),
    ]
    assert.deepEqual(
      own.map(([, metric, dimensions = '']) => [metric, namesIn(dimensions)]),
      ['LagSeconds', 'StuckPartitions', 'DeadLettersOpen', 'FailedChecks'].map((name) => [name, published.get(name)]),
    )
  })

  it('that decide how many tasks run are told by the code', () => {
    const policy = JSON.stringify(resourceOf('aws_appautoscaling_policy', 'lag'))
    const pattern = /"dimensions":(\[[^\]]*\]),"metric_name":"(\w+)","namespace":"\$\{local\.metrics_namespace\}"/g
    const own = [...policy.matchAll(pattern)].map(([, dimensions = '', metric]) => {
      const names = (JSON.parse(dimensions) as Readonly<{ name: string }>[]).map(({ name }) => name)
      return [metric, names.filter((name) => name !== 'Project')]
    })
    assert.deepEqual(own, [['LagRecords', published.get('LagRecords')]])
  })

  it('are told in the namespace and with the project that both ask for', () => {
    assert.match(locals.environment, /ORDERMILL_CLOUDWATCH_NAMESPACE\s+= local\.metrics_namespace\n/)
    assert.match(locals.environment, /ORDERMILL_CLOUDWATCH_DIMENSIONS = "Project=\$\{var\.project_name\}"\n/)
    assert.deepEqual(locals.project_dimension, { Project: '${var.project_name}' })
  })
})

/** Of `merge(local.project_dimension, { Group = … })` or the first alone. */
function namesIn(dimensions: string): readonly string[] {
  assert.match(dimensions, /local\.project_dimension/)
  return [...dimensions.matchAll(/(\w+) = /g)].map(([, name = '']) => name)
}
