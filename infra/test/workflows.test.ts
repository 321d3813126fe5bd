import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { givenTo, jobs, workflows } from './support/workflows.ts'

/** Whoever may write more than a log, and why. */
const mayWrite = new Map([
  // The image; the signature's identity; where it comes from.
  ['image.yml publish', ['packages', 'id-token', 'attestations']],
  // The release.
  ['image.yml release', ['contents']],
  // An identity, in exchange for which AWS lets it in.
  ['terraform.yml plan', ['id-token']],
  ['terraform.yml apply', ['id-token']],
])

describe('workflows', () => {
  it('use actions by commit, with the version that it is', () => {
    const commits = new Map<string, string>()
    for (const [file, { text }] of workflows) {
      for (const [line, action = ''] of text.matchAll(/\buses: (\S+).*/g)) {
        if (action.startsWith('./')) continue
        assert.match(line, /^uses: [\w-]+\/[\w/-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$/, file)
        const name = action.replace(/@.*/, '')
        assert.equal(line, commits.get(name) ?? line, `two versions of ${name}`)
        commits.set(name, line)
      }
    }
    assert.ok(commits.size > 5)
  })

  it('may read the code and nothing else, but for the jobs that have to', () => {
    for (const [file, { content }] of workflows) assert.deepEqual(content.permissions, { contents: 'read' }, file)
    const writing = [...jobs].flatMap(([name, { permissions = {} }]) => {
      const rights = Object.entries(permissions).flatMap(([right, how]) => (how === 'read' ? [] : [right]))
      return rights.length > 0 ? [[name, rights] as const] : []
    })
    assert.deepEqual(new Map(writing), mayWrite)
  })

  it('leave no token in the checkout', () => {
    for (const [name, job] of jobs) {
      const checkout = givenTo('actions/checkout', job)
      if (job.steps) assert.equal(checkout?.['persist-credentials'], false, name)
    }
  })

  it('run no code of a pull request with the rights of this repository', () => {
    for (const [file, { content }] of workflows) {
      assert.ok(!('pull_request_target' in content.on) && !('workflow_run' in content.on), file)
    }
    const [publish, release] = [jobs.get('image.yml publish'), jobs.get('image.yml release')]
    assert.equal(publish?.if, "github.event_name != 'pull_request'")
    assert.equal(release?.if, "github.ref_type == 'tag'")
    assert.match(jobs.get('terraform.yml apply')?.if ?? '', /^github\.event_name == 'push' && /)
  })

  it('put nothing that others may choose into the text of a script', () => {
    for (const [name, { steps = [] }] of jobs) {
      for (const { run = '' } of steps) assert.doesNotMatch(run, /\$\{\{/, name)
    }
  })
})

describe('the image', () => {
  const publish = jobs.get('image.yml publish')

  it('is published once it is tested and scanned, and released once it is published', () => {
    assert.deepEqual(publish?.needs, ['test', 'scan'])
    assert.equal(jobs.get('image.yml test')?.uses, './.github/workflows/ci.yml')
    assert.equal(givenTo('anchore/scan-action', jobs.get('image.yml scan'))?.['severity-cutoff'], 'high')
    assert.equal(jobs.get('image.yml release')?.needs, 'publish')
  })

  it('is published for both platforms, with a list of its parts, where it comes from and a signature', () => {
    const given = givenTo('docker/build-push-action', publish)
    assert.deepEqual(
      [given?.['platforms'], given?.['sbom'], given?.['provenance'], given?.['push']],
      ['linux/amd64,linux/arm64', true, 'mode=max', true],
    )
    assert.equal(givenTo('docker/login-action', publish)?.['registry'], 'ghcr.io')
    assert.ok(publish?.steps?.some(({ run }) => run?.startsWith('cosign sign --yes ')))
    assert.ok(givenTo('actions/attest-build-provenance', publish))
  })
})

describe('the infrastructure', () => {
  const [plan, apply] = [jobs.get('terraform.yml plan'), jobs.get('terraform.yml apply')]

  it('is applied after its plan, and the approval of an environment', () => {
    assert.deepEqual([plan?.needs, apply?.needs, apply?.environment], ['check', 'plan', 'production'])
  })

  it('is reached by roles, without keys', () => {
    const roles = [plan, apply].map((job) => givenTo('aws-actions/configure-aws-credentials', job)?.['role-to-assume'])
    assert.deepEqual(roles, ['${{ vars.AWS_PLAN_ROLE }}', '${{ vars.AWS_APPLY_ROLE }}'])
    for (const [file, { text }] of workflows) assert.doesNotMatch(text, /AWS_SECRET|access-key/i, file)
  })

  it('is checked by the same Terraform everywhere', () => {
    const versions = [...jobs.values()].flatMap((job) => {
      const given = givenTo('hashicorp/setup-terraform', job)
      return given ? [given['terraform_version']] : []
    })
    assert.deepEqual([versions.length, new Set(versions).size], [4, 1])
  })
})
