import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { describe, it } from 'node:test'
import { composeServices, composeVolumes, ownServices, runServices } from './support/compose-file.ts'
import { repository } from './support/repository.ts'

const services = new Map(composeServices)

describe('compose', () => {
  it('starts a service after those that it needs, which are there and say that they are ready', () => {
    for (const [name, { depends_on: needed = {} }] of composeServices) {
      const conditions = Array.isArray(needed)
        ? needed.map((other: string) => [other, {}] as const)
        : Object.entries(needed)
      for (const [other, { condition }] of conditions) {
        const wanted = services.get(other)
        assert.ok(wanted, `${name} needs ${other}`)
        if (condition === 'service_healthy') assert.ok(wanted.healthcheck?.test, `${other} has no health check`)
        // A service that never ends would be waited for for ever.
        const isTask = wanted.restart === 'on-failure'
        assert.equal(isTask, condition === 'service_completed_successfully', `${name} needs ${other}`)
      }
    }
  })

  it('makes topics and collections before a service runs', () => {
    for (const name of runServices.keys()) {
      assert.deepEqual(Object.keys(services.get(name)?.depends_on ?? {}).toSorted(), ['store', 'topics'], name)
    }
  })

  it('has the volumes and files that are mounted', () => {
    const sources = composeServices.flatMap(([, { volumes = [] }]) =>
      volumes.map((volume) => volume.split(':')[0] ?? ''),
    )
    const files = sources.filter((source) => source.startsWith('.'))
    for (const file of files) assert.ok(existsSync(`${repository}/${file}`), file)
    const named = new Set(sources.filter((source) => !source.startsWith('.')))
    assert.deepEqual([...named].toSorted(), composeVolumes.toSorted())
  })

  it('publishes on loopback alone', () => {
    for (const [name, { ports = [] }] of composeServices)
      for (const port of ports) assert.match(port, /^127\.0\.0\.1:/, name)
  })

  it('gives our image no rights and nothing to write to', () => {
    for (const [name, service] of ownServices) {
      assert.deepEqual([service.read_only, service.cap_drop], [true, ['ALL']], name)
      assert.deepEqual(service.security_opt, ['no-new-privileges:true'], name)
    }
  })

  it('names other images by a version', () => {
    for (const [name, { image, build }] of composeServices) {
      if (build === undefined) assert.match(image, /:\D*\d+\.\d+\.\d+$/, name)
    }
  })
})
