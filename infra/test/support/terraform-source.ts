import { globSync } from 'node:fs'
import { parse } from '@cdktf/hcl2json'
import { repository, textOf } from './repository.ts'

const directory = 'infra/terraform'

type Program = Readonly<{ run: string; group: string | null }>

/** Values as they are written; what is computed is the text of its expression. */
export type Locals = Readonly<{
  programs: Readonly<Record<string, Program>>
  kafka_secrets: Readonly<Record<string, string>>
  couchbase_secrets: Readonly<Record<string, string>>
  gateway_secrets: string
  environment: string
  settings: readonly string[]
  alarms: string
  project_dimension: Readonly<Record<string, string>>
  api_port: number
  health_port: number
  metrics_namespace: string
}>

export type Resource = Readonly<Record<string, unknown>>

type Source = Readonly<{
  locals?: readonly Readonly<Record<string, unknown>>[]
  resource?: Readonly<Record<string, Readonly<Record<string, readonly Resource[]>>>>
}>

/** The module, file by file, parsed but not evaluated. */
async function sources(): Promise<readonly Source[]> {
  const files = globSync('*.tf', { cwd: `${repository}/${directory}` })
  return Promise.all(files.map(async (file) => (await parse(file, textOf(`${directory}/${file}`))) as Source))
}

const parsed = await sources()

export const locals = Object.assign({}, ...parsed.flatMap((source) => source.locals ?? [])) as Locals

/** The text of the container definitions. */
export const containerDefinition = textIn('aws_ecs_task_definition', 'this', 'container_definitions')

/** @throws {Error} when the module has no such resource: it was renamed, and whoever asks must be told */
export function resourceOf(type: string, name: string): Resource {
  const found = parsed.flatMap((source) => source.resource?.[type]?.[name] ?? [])[0]
  if (found === undefined) throw new Error(`${directory} has no resource ${type}.${name}`)
  return found
}

function textIn(type: string, name: string, attribute: string): string {
  const value = resourceOf(type, name)[attribute]
  if (typeof value !== 'string') throw new Error(`${type}.${name} has no text ${attribute}`)
  return value
}

/** Names of environment variables that are given values in a piece of HCL. */
export function variablesIn(expression: string): readonly string[] {
  return [...expression.matchAll(/^\s*([A-Z][A-Z0-9_]+)\s*=/gm)].map(([, name = '']) => name)
}
