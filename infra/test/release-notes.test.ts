import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { describe, it } from 'node:test'
import { repository, textOf } from './support/repository.ts'

const changelog = textOf('CHANGELOG.md')
const [, newest = ''] = /^## \[?([^\s\]]+)/m.exec(changelog) ?? []

describe('release notes', () => {
  it('are what the changelog says of the newest version', () => {
    const { status, stdout } = notesOf(newest)
    assert.equal(status, 0)
    const [, section = ''] = changelog.split(/^## .*\n/m)
    assert.equal(stdout.trim(), section.trim())
    assert.match(stdout, /^### \w+\n/)
  })

  it('of a version without any are refused', () => {
    for (const version of ['', '999.0.0', newest.slice(0, -1)]) {
      const { status, stderr } = notesOf(version)
      assert.equal(status, 1)
      assert.match(stderr, /CHANGELOG\.md has no section/)
    }
  })
})

function notesOf(version: string) {
  return spawnSync(process.execPath, ['scripts/release-notes.ts', version], { cwd: repository, encoding: 'utf8' })
}
