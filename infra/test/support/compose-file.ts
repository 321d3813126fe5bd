import { parse } from 'yaml'
import { textOf } from './repository.ts'

export type ComposeService = Readonly<{
  image: string
  build?: string
  command?: readonly string[]
  environment?: Readonly<Record<string, string>>
  ports?: readonly string[]
  read_only?: boolean
  cap_drop?: readonly string[]
  security_opt?: readonly string[]
  restart?: string
  stop_grace_period?: string
  volumes?: readonly string[]
  healthcheck?: Readonly<{ test?: readonly string[] }>
  depends_on?: Readonly<Record<string, Readonly<{ condition: string }>>> | readonly string[]
}>

export type ComposeFile = Readonly<{
  services: Readonly<Record<string, ComposeService>>
  volumes: Readonly<Record<string, unknown>>
}>

/** With what is written once and merged in. */
const { services, volumes } = parse(textOf('compose.yaml'), { merge: true }) as ComposeFile

/** By name. */
export const composeServices = Object.entries(services)
export const composeVolumes = Object.keys(volumes)

/** Those of our own image. */
export const ownServices = composeServices.filter(([, { build }]) => build !== undefined)

/** Those that `ordermill run` runs: name -> what is run. */
export const runServices = new Map(
  ownServices.flatMap(([name, { command }]) => (command?.[0] === 'run' ? [[name, command[1] ?? ''] as const] : [])),
)

/** A value as it is when nobody sets the variables that it is made of. */
export function withDefaults(value: string): string {
  return value.replaceAll(/\$\{\w+:-([^}]*)\}/g, '$1')
}

/** Of something like `30s`. */
export function secondsOf(duration: string | undefined): number {
  const [, seconds] = /^(\d+)s$/.exec(duration ?? '') ?? []
  return Number(seconds)
}
