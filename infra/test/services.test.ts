import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { describe, it } from 'node:test'
import { parse } from 'yaml'
import { groupOf, serviceNames } from '../../src/compose/engine.ts'
import { settings } from '../../src/config/settings.ts'
import { composeServices, ownServices, runServices, secondsOf, withDefaults } from './support/compose-file.ts'
import { textOf } from './support/repository.ts'
import { containerDefinition, locals, resourceOf } from './support/terraform-source.ts'

type ScrapeJob = Readonly<{
  job_name: string
  authorization?: Readonly<{ credentials: string }>
  static_configs: readonly Readonly<{ targets: readonly string[]; labels?: Readonly<{ program: string }> }>[]
}>

const { scrape_configs: scrapeJobs } = parse(textOf('infra/docker/prometheus/prometheus.yml')) as Readonly<{
  scrape_configs: readonly ScrapeJob[]
}>
const ordermillJob = scrapeJobs.find(({ job_name: name }) => name === 'ordermill')
const dockerfile = textOf('Dockerfile')
const services = new Map(composeServices)

describe('programs', () => {
  const programs = [...serviceNames, 'api'].toSorted()

  it('each run as one service of compose and one of the module, under the same name', () => {
    assert.deepEqual([...runServices.values()].toSorted(), programs)
    const inModule = Object.entries(locals.programs).map(([name, { run }]) => [name, run])
    assert.deepEqual(Object.fromEntries(inModule), Object.fromEntries(runServices))
  })

  it('scale on the lag of the group that the code has for them', () => {
    for (const [name, { run, group }] of Object.entries(locals.programs)) {
      assert.equal(group, groupOf.get(run) ?? null, name)
    }
  })

  it('may have their size set by the names that they have', () => {
    const [, names = ''] = /sizes\) : contains\((\[[^\]]*\])/.exec(textOf('infra/terraform/variables.tf')) ?? []
    assert.deepEqual((JSON.parse(names) as string[]).toSorted(), Object.keys(locals.programs).toSorted())
  })

  it('are each asked for their metrics, at the port where they listen', () => {
    const targets = ordermillJob?.static_configs.map(({ targets: [target], labels }) => [labels?.program, target]) ?? []
    const listening = [...runServices.keys()].map((name) => [name, `${name}:${portOf(name)}`])
    assert.deepEqual(Object.fromEntries(targets), Object.fromEntries(listening))
  })

  it('let Prometheus in: by their names, and as a viewer', () => {
    const token = ordermillJob?.authorization?.credentials ?? ''
    const hash = createHash('sha256').update(token).digest('hex')
    for (const name of runServices.keys()) {
      const { environment = {} } = services.get(name) ?? {}
      assert.ok(environment['ORDERMILL_ALLOWED_HOSTS']?.split(',').includes(name), name)
      assert.ok(
        withDefaults(environment['ORDERMILL_TOKENS'] ?? '')
          .split(',')
          .includes(`viewer:${hash}`),
        name,
      )
    }
  })
})

describe('ports and health', () => {
  it('of the API are the same in image, compose and module', () => {
    const [, exposed] = /^EXPOSE (\d+)$/m.exec(dockerfile) ?? []
    const published = ['backend', 'light'].map((name) => services.get(name)?.ports?.[0]?.split(':').at(-1))
    assert.deepEqual([exposed, ...published, `${locals.api_port}`], Array(4).fill(settings.port.fallback))
  })

  it('of the services are the same in compose and module', () => {
    assert.equal(portOf('payment'), `${locals.health_port}`)
  })

  it('are probed by the module as by the image', () => {
    const [, ...probe] =
      /^HEALTHCHECK --interval=(\d+)s --timeout=(\d+)s --start-period=(\d+)s --retries=(\d+) CMD (\[.*\])$/m.exec(
        dockerfile,
      ) ?? []
    const [interval, timeout, startPeriod, retries, command = '[]'] = probe
    const inModule = (key: string) =>
      new RegExp(`healthCheck = \\{[^}]*\\b${key}\\s+= (.*)`).exec(containerDefinition)?.[1]
    assert.deepEqual(
      [interval, timeout, startPeriod, retries],
      ['interval', 'timeout', 'startPeriod', 'retries'].map(inModule),
    )
    assert.deepEqual(JSON.parse(inModule('command') ?? ''), ['CMD', ...(JSON.parse(command) as string[])])
  })

  it('are asked for at paths that the API has', () => {
    const { paths } = JSON.parse(textOf('docs/reference/openapi.json')) as Readonly<{ paths: object }>
    const { health_check: checks } = resourceOf('aws_lb_target_group', 'backend')
    const [check] = checks as readonly Readonly<{ path: string; interval: number }>[]
    assert.ok(check && check.path in paths, check?.path)
    assert.equal(check.interval, 30)
    const [, probed = ''] = /:\$\{port\}(\/\w+)`/.exec(textOf('infra/docker/healthcheck.ts')) ?? []
    assert.ok(probed in paths, probed)
  })
})

describe('stopping', () => {
  const [, drainMs = ''] = /drainTimeoutMs = ([\d_]+)/.exec(textOf('src/cli/until-stopped.ts')) ?? []
  const drainSeconds = Number(drainMs.replaceAll('_', '')) / 1000

  it('leaves a container more time than draining takes', () => {
    assert.equal(drainSeconds, 25)
    for (const [name, { stop_grace_period: grace }] of ownServices) assert.ok(secondsOf(grace) > drainSeconds, name)
    const [, stopTimeout] = /stopTimeout\s+= (\d+)/.exec(containerDefinition) ?? []
    assert.ok(Number(stopTimeout) > drainSeconds)
    // More is refused for tasks of Fargate.
    assert.ok(Number(stopTimeout) <= 120)
  })

  it('goes by the signal that starts it', () => {
    assert.match(dockerfile, /^STOPSIGNAL SIGTERM$/m)
  })
})

function portOf(name: string): string {
  return services.get(name)?.environment?.['ORDERMILL_HEALTH_PORT'] ?? settings.port.fallback
}
