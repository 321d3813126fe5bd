import type { Engine } from '../compose/engine.ts'
import type { Intake } from '../ports/intake.ts'
import type { Log } from '../ports/log.ts'
import { countedIntake } from './start-counted.ts'
import type { ServiceState } from './supervise.ts'

/** What the engine's thread does for the API's thread, which only reads the files itself. */
export type EngineMethods = Readonly<{
  append: Log['append']
  members: Log['members']
  seek: Log['seek']
  reserveOrderIds: Intake['reserveOrderIds']
  noteOrderIds: Intake['noteOrderIds']
  remember: Intake['remember']
  complete: Intake['complete']
  services: () => Promise<readonly ServiceState[]>
  metricsText: () => Promise<string>
  /** Resolves when the engine has opened its files; rejects with the reason when it can't. */
  ready: () => Promise<void>
  /** Resolves when every batch in flight is done and the files are closed. */
  stop: () => Promise<void>
}>

/** `topic` is where orders come in. */
export function engineMethods(
  { log, store, services }: Pick<Engine, 'log' | 'store' | 'services'>,
  topic: string,
  rest: Pick<EngineMethods, 'metricsText' | 'stop'>,
): EngineMethods {
  return {
    append: (records) => log.append(records),
    members: (group) => log.members(group),
    seek: (group, targets) => log.seek(group, targets),
    ...countedIntake(log, store, topic),
    services: () => Promise.resolve(services()),
    ready: () => Promise.resolve(),
    ...rest,
  }
}
