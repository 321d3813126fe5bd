import { readFileSync } from 'node:fs'

/** Prints what CHANGELOG.md says of one version: `node scripts/release-notes.ts 1.2.0`. */
const [version = ''] = process.argv.slice(2)
const changelog = readFileSync(new URL('../CHANGELOG.md', import.meta.url), 'utf8')
const section = changelog
  .split(/^## /m)
  .find((text) => text.startsWith(version) && /^[ \n]|^ -/.test(text.slice(version.length)))
if (version === '' || section === undefined) {
  process.stderr.write(`CHANGELOG.md has no section "## ${version}": write it before the tag\n`)
  process.exitCode = 1
} else {
  process.stdout.write(`${section.split('\n').slice(1).join('\n').trim()}\n`)
}
