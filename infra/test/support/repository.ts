import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

/** Where this repository is, without a slash at the end. */
export const repository = fileURLToPath(new URL('../../..', import.meta.url)).replace(/\/$/, '')

/** A file of the repository, by its path in it. */
export function textOf(path: string): string {
  return readFileSync(`${repository}/${path}`, 'utf8')
}
