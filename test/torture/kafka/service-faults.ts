import { readFileSync } from 'node:fs'
import { setTimeout } from 'node:timers/promises'
import { Admin } from '@platformatic/kafka'
import { groupByService, type ServiceName } from '../../support/pipeline-rig.ts'
import type { Crash } from '../crash-points.ts'
import { planService, type ServiceFault } from './fault-plan.ts'
import type { ServiceProcess } from './service-process.ts'
import { waitAt, type StorePoint } from './store-points.ts'
import { limit, pause, type Stage } from './stage.ts'

/** A member that does not answer for so long is out of its group. */
const sessionMs = 10_500
/** A rebalance that waits for the dead, twice over, on a busy machine. */
const takeoverLimitMs = 30_000
const crashLimitMs = 12_000
/** As long as the program gives itself, and a little for its end. */
const drainLimitMs = 28_000
const pollMs = 50

/** One fault after the other for the processes of one service, of which one at least works or starts at any time. */
export async function disturbService(stage: Stage, service: ServiceName, losesOffsets: boolean): Promise<void> {
  const { random, calm, count, tell } = stage
  const storePoints = stage.site.store.proxy !== undefined && service !== 'fraud'
  for (const fault of planService({ service, random, losesOffsets, storePoints })) {
    if (calm.aborted) return
    const name = nameOf(service, fault)
    count(name)
    tell(name)
    await live(stage, service, fault)
  }
}

function nameOf(service: ServiceName, fault: ServiceFault): string {
  const crash = fault.kind === 'crash point' || fault.kind === 'zombie' ? fault.crash : undefined
  const at = 'at' in fault ? fault.at : undefined
  return [service, fault.kind, crash?.point, at].filter(Boolean).join(' ')
}

async function live(stage: Stage, service: ServiceName, fault: ServiceFault): Promise<void> {
  const { site, calm } = stage
  switch (fault.kind) {
    case 'crash point': {
      const doomed = site.start(service, fault.crash)
      // Views see an alert or a letter now and then; a point that is not reached in time is left to chance.
      await Promise.race([doomed.exited, pause(crashLimitMs, calm)])
      return kill(stage, doomed)
    }
    case 'kill': {
      const doomed = await startWorking(stage, service)
      await pause(fault.afterMs, calm)
      return kill(stage, doomed)
    }
    case 'terminate': {
      const drained = await startWorking(stage, service)
      await pause(fault.afterMs, calm)
      return terminate(stage, drained)
    }
    case 'store crash': {
      const doomed = await startWorking(stage, service)
      await untilAt(stage, service, fault.at)
      return kill(stage, doomed)
    }
    case 'zombie':
      return liveAsZombie(stage, service, fault)
    case 'storm':
      return liveInStorm(stage, service, fault.pausesMs)
    case 'lost offsets':
      return loseOffsets(stage, service, fault.how)
    default:
      return fault satisfies never
  }
}

/** Resolves when it works, or nobody can wait any longer. One that finds no broker ends, and is started again. */
async function startWorking(stage: Stage, service: ServiceName, crash?: Crash): Promise<ServiceProcess> {
  const { site, calm, tell } = stage
  const started = site.start(service, crash)
  await Promise.race([started.works, started.exited, pause(takeoverLimitMs, calm)])
  if (!started.hasExited() || crash || calm.aborted) return started
  await checkEnd(stage, started)
  tell(`${service} starts again: ${started.said().slice(-300)}`)
  await pause(200, calm)
  return startWorking(stage, service)
}

async function kill(stage: Stage, process: ServiceProcess): Promise<void> {
  if (process.hasExited()) await checkEnd(stage, process)
  process.kill('SIGKILL')
  await process.exited
}

/** Ending by itself is a fault, unless the brokers can't be reached at the start: that is what supervisors are for. */
async function checkEnd({ site, isDisturbed }: Stage, process: ServiceProcess): Promise<void> {
  const { code, signal } = await process.exited
  if (signal === 'SIGKILL') return
  if (process.said().includes('LOG_UNAVAILABLE') && isDisturbed(30_000)) return
  site.complain(`I9: ${process.service} ended by itself with ${code ?? signal}: ${process.said()}`)
}

async function terminate(stage: Stage, process: ServiceProcess): Promise<void> {
  await Promise.race([process.ready, process.exited])
  if (process.hasExited()) return checkEnd(stage, process)
  process.kill('SIGTERM')
  await Promise.race([process.exited, limit(drainLimitMs)])
  const isLate = !process.hasExited()
  process.kill('SIGKILL')
  const { code, signal } = await process.exited
  if (code === 0 || stage.isDisturbed(drainLimitMs)) return
  const how = isLate ? `did not end it in ${drainLimitMs} ms` : `ended it with ${code ?? signal}`
  stage.site.complain(`I9: ${process.service}: SIGTERM ${how}: ${process.said()}`)
}

async function liveAsZombie(
  stage: Stage,
  service: ServiceName,
  { crash, at, graceful }: Extract<ServiceFault, { kind: 'zombie' }>,
): Promise<void> {
  const { random, calm } = stage
  const zombie = await startWorking(stage, service, crash)
  if (crash) await untilAsleep(stage, zombie)
  if (at) await untilAt(stage, service, at)
  zombie.kill('SIGSTOP')
  const asleep = pause(sessionMs, calm)
  const heir = await startWorking(stage, service)
  await asleep
  zombie.kill('SIGCONT')
  await pause(500 + 3_000 * random(), calm)
  await Promise.all([kill(stage, zombie), graceful ? terminate(stage, heir) : kill(stage, heir)])
}

/** Resolves when the service waits for the store at that moment, or does not come there in time. */
async function untilAt({ site, calm }: Stage, service: ServiceName, point: StorePoint): Promise<void> {
  const { proxy } = site.store
  if (!proxy) return
  const { struck, lift } = waitAt(proxy, service, point)
  await Promise.race([struck, pause(crashLimitMs, calm)])
  lift()
}

async function untilAsleep({ calm }: Stage, zombie: ServiceProcess): Promise<void> {
  const giveUpMs = performance.now() + crashLimitMs
  while (!isAsleep(zombie) && performance.now() < giveUpMs && !calm.aborted) await pause(pollMs, calm)
}

export function isAsleep({ pid, hasExited }: ServiceProcess): boolean {
  try {
    return !hasExited() && /\) T /.test(readFileSync(`/proc/${pid}/stat`, 'utf8'))
  } catch {
    return false
  }
}

async function liveInStorm(stage: Stage, service: ServiceName, pausesMs: readonly number[]): Promise<void> {
  const { site, calm } = stage
  const first = await startWorking(stage, service)
  const [untilThird = 0, together = 0, untilOne = 0, alone = 0] = pausesMs
  const second = site.start(service)
  await pause(untilThird, calm)
  const third = site.start(service)
  await pause(together, calm)
  const leaving = terminate(stage, first)
  await pause(untilOne, calm)
  await kill(stage, second)
  await leaving
  await Promise.race([third.works, pause(alone, calm)])
  await kill(stage, third)
}

async function loseOffsets(stage: Stage, service: ServiceName, how: 'deleted' | 'rewound'): Promise<void> {
  const { site, calm, random, count } = stage
  const group = groupByService[service]
  const before = await startWorking(stage, service)
  await pause(1_000, calm)
  if (how === 'rewound') {
    if (await rewind(stage, group, random)) count(`${service} offsets rewound`)
    return kill(stage, before)
  }
  await terminate(stage, before)
  const admin = new Admin({ clientId: 'torture', bootstrapBrokers: site.directBootstrap.split(','), retries: 0 })
  try {
    // Dead members are of the group until their session is over.
    for (const endMs = performance.now() + 2 * sessionMs; performance.now() < endMs && !calm.aborted;) {
      const isDone = await admin.deleteGroups({ groups: [group] }).then(
        () => true,
        () => false,
      )
      if (isDone) return count(`${service} offsets deleted`)
      await setTimeout(500)
    }
  } finally {
    await admin.close()
  }
}

/** Tells whether it could be done: the brokers may be disturbed as well. */
async function rewind({ site }: Stage, group: string, random: () => number): Promise<boolean> {
  try {
    const lag = await site.log.lag(group)
    const targets = lag.flatMap(({ topic, partition, committed, begin }) =>
      committed === null ? [] : [{ topic, partition, offset: begin + Math.floor(random() * (committed - begin)) }],
    )
    await site.log.seek(group, targets)
    return true
  } catch {
    return false
  }
}
