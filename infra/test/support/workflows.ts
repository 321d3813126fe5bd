import { globSync } from 'node:fs'
import { parse } from 'yaml'
import { repository, textOf } from './repository.ts'

type Permissions = Readonly<Record<string, string>>
type Step = Readonly<{ uses?: string; run?: string; with?: Readonly<Record<string, unknown>> }>

export type Job = Readonly<{
  if?: string
  needs?: string | readonly string[]
  uses?: string
  environment?: string
  permissions?: Permissions
  steps?: readonly Step[]
}>

export type Workflow = Readonly<{
  on: Readonly<Record<string, unknown>>
  permissions?: Permissions | string
  jobs: Readonly<Record<string, Job>>
}>

/** By their file's name. */
export const workflows = new Map(
  globSync('*.yml', { cwd: `${repository}/.github/workflows` }).map((file) => {
    const text = textOf(`.github/workflows/${file}`)
    return [file, { text, content: parse(text) as Workflow }] as const
  }),
)

/** `image.yml publish` -> the job. */
export const jobs = new Map(
  [...workflows].flatMap(([file, { content }]) =>
    Object.entries(content.jobs).map(([name, job]) => [`${file} ${name}`, job] as const),
  ),
)

/** What a step of the job gives to an action; undefined when it has no such step. */
export function givenTo(action: string, job: Job | undefined): Readonly<Record<string, unknown>> | undefined {
  return job?.steps?.find(({ uses }) => uses?.startsWith(`${action}@`))?.with
}
