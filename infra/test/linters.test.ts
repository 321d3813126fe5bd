import assert from 'node:assert/strict'
import { globSync } from 'node:fs'
import { describe, it } from 'node:test'
import { parse } from 'yaml'
import { composeServices, type ComposeFile } from './support/compose-file.ts'
import { missingForGoTools, runGoTool } from './support/go-tools.ts'
import { linterPath, missingForPythonTools, runPythonTool } from './support/python-tools.ts'
import { repository, textOf } from './support/repository.ts'

const workflows = filesLike('.github/workflows/*.yml')

const options = { skip: missingForPythonTools() ?? false }

describe('linters', options, () => {
  it('hadolint takes the Dockerfile', async () => {
    await runPythonTool('hadolint', ['Dockerfile'], repository)
  })

  it('shellcheck takes every script', async () => {
    const scripts = filesLike('**/*.sh', '.ci/run')
    assert.ok(scripts.includes('infra/docker/bucket.sh') && scripts.includes('.ci/run'))
    // Braces around every name are a matter of taste.
    await runPythonTool('shellcheck', ['--enable=all', '--exclude=SC2250', ...scripts], repository)
  })

  it('compose takes its file', () => checkSchema('compose-spec', ['compose.yaml']))

  it('GitHub takes the workflows', () => checkSchema('github-workflows', workflows))

  it('GitHub takes the configuration of its update bot', () => checkSchema('dependabot', ['.github/dependabot.yml']))
})

describe('linters in Go', { ...options, skip: options.skip || (missingForGoTools() ?? false) }, () => {
  it('actionlint takes the workflows, and shellcheck the scripts in them', async () => {
    const shellcheck = await linterPath('shellcheck')
    await runGoTool('actionlint', ['-no-color', '-pyflakes=', `-shellcheck=${shellcheck}`, ...workflows], repository)
  })

  it('compose reads its file as the other tests do', async () => {
    const { services } = parse(await runGoTool('composeGo', ['compose.yaml'], repository)) as ComposeFile
    for (const [name, { environment = {} }] of composeServices) {
      assert.deepEqual(
        Object.keys(services[name]?.environment ?? {}).toSorted(),
        Object.keys(environment).toSorted(),
        name,
      )
    }
  })
})

describe('checkov', options, () => {
  it('has nothing against module, image and workflows', async () => {
    const reports = await checkov('terraform', 'dockerfile', 'github_actions')
    for (const { check_type: framework, results, summary } of reports) {
      assert.deepEqual(results.failed_checks.map(nameOf), [])
      assert.equal(summary.parsing_errors, 0, framework)
      assert.ok(summary.passed > 0, framework)
    }
  })

  it('is told why it is to skip a check', () => {
    const module = filesLike('infra/terraform/**/*.tf').map(textOf).join('')
    const skips = [...module.matchAll(/checkov:skip=(.*)/g)].map(([, skip = '']) => skip)
    const unexplained = skips.filter((skip) => !/^CKV2?_AWS_\d+:.{20,}/.test(skip))
    assert.deepEqual(unexplained, [])
  })
})

type Report = Readonly<{
  check_type: string
  results: Readonly<{ failed_checks: readonly Check[] }>
  summary: Readonly<{ passed: number; parsing_errors: number }>
}>

type Check = Readonly<Record<'check_id' | 'check_name' | 'resource' | 'file_path', string>>

/** A report of each framework. Nothing is fetched and nothing sent. */
async function checkov(...frameworks: readonly string[]): Promise<readonly Report[]> {
  const how = ['--skip-download', '--soft-fail', '--quiet', '--compact', '--output', 'json']
  const printed = await runPythonTool('checkov', ['--directory', '.', ...how, '--framework', ...frameworks], repository)
  const reports = JSON.parse(printed) as readonly Report[]
  assert.deepEqual(reports.map(({ check_type: framework }) => framework).toSorted(), frameworks.toSorted())
  return reports
}

function nameOf({ check_id: id, check_name: name, resource, file_path: file }: Check): string {
  return `${id} ${name}: ${resource} in ${file}`
}

async function checkSchema(schema: string, files: readonly string[]): Promise<void> {
  assert.ok(files.length > 0)
  await runPythonTool('check-jsonschema', ['--builtin-schema', `vendor.${schema}`, ...files], repository)
}

function filesLike(...patterns: readonly string[]): readonly string[] {
  return globSync(patterns, { cwd: repository, exclude: ['**/node_modules/**'] })
}
