import type { SimulatedOperator } from './operator.ts'
import type { SimulatedProducer } from './producer.ts'
import { startProcess, type ServiceProcess, type Site } from './services.ts'
import type { Process } from './world.ts'

/** Kills, stalls, stops and starts processes as the scenario says; then lets everything be. */
export type Chaos = Readonly<{
  isCalm: () => boolean
  /** What the fates have in store for this step. */
  tick: (step: number) => void
  crash: (process: Process) => void
  /** The process sleeps until others have taken over what it has, and then goes on where it was. */
  stall: (process: Process) => void
  /** Tells every process to end and resolves when all have. */
  stopAll: () => Promise<void>
}>

export function openChaos(site: Site, producer: SimulatedProducer, operator: SimulatedOperator): Chaos {
  const { world, broker, scenario } = site
  const { random } = world
  const services = new Set<ServiceProcess>()
  const plans: Readonly<{ step: number; action: () => void }>[] = []
  const ending: Promise<void>[] = []
  let now = -1
  let started = 0

  const later = (stepsMax: number, action: () => void): void => {
    plans.push({ step: now + 1 + Math.floor(random() * stepsMax), action })
  }
  const start = (): void => void services.add(startProcess(site, `process ${(started += 1)}`))
  const happens = (rate: number): boolean => rate > 0 && random() < rate
  const anyService = (): ServiceProcess | undefined => [...services][Math.floor(random() * services.size)]

  const kill = (process: Process): void => {
    process.alive = false
    world.drop(process)
  }
  const crashProducer = (): void => {
    if (producer.isDone()) return
    kill(producer.process())
    later(20, producer.start)
  }
  const crashService = (service: ServiceProcess): void => {
    kill(service.process)
    services.delete(service)
    // The broker notices a death only when the session times out.
    later(40, service.expire)
    later(60, start)
  }
  const stall = ({ process, expire }: ServiceProcess): void => {
    process.stalled = true
    if (random() < 0.7) later(40, expire)
    later(150, () => {
      process.stalled = false
    })
  }
  const becomeZombie = ({ process, expire }: ServiceProcess): void => {
    process.stalled = true
    later(20, expire)
    plans.push({
      step: now + 150,
      action: () => {
        process.stalled = false
      },
    })
  }
  const leave = (service: ServiceProcess): void => {
    services.delete(service)
    service.stop()
    ending.push(service.ended)
    later(60, start)
  }
  const loseOffsets = async (): Promise<void> => {
    const groups = ['fraud-group', 'payments-group', 'analytics-group', 'views-group']
    const group = groups[Math.floor(random() * groups.length)] ?? ''
    try {
      const committed = (await broker.log().lag(group)).filter((lag) => lag.committed !== null)
      await broker.call((log) =>
        log.seek(
          group,
          committed.map(({ topic, partition }) => ({ topic, partition, offset: 0 })),
        ),
      )
    } catch {
      // The broker went down first.
    }
  }
  const strike = (): void => {
    const service = anyService()
    if (service && happens(scenario.crash)) return crashService(service)
    if (service && happens(scenario.stall)) return stall(service)
    if (service && happens(scenario.leave)) return leave(service)
    if (happens(scenario.crash / 2)) return crashProducer()
    if (happens(scenario.restartBroker)) return broker.restart()
    if (happens(scenario.loseOffsets)) void loseOffsets()
  }

  return {
    isCalm: () => now >= scenario.faultSteps && plans.length === 0,
    tick(step) {
      now = step
      if (step === 0) {
        for (let index = 0; index < scenario.processes; index += 1) start()
        producer.start()
      }
      for (const plan of plans.filter((due) => due.step <= step)) {
        plans.splice(plans.indexOf(plan), 1)
        plan.action()
      }
      if (step >= scenario.faultSteps) return
      strike()
      if (happens(scenario.decide)) operator.decide()
    },
    crash(process) {
      const service = [...services].find((candidate) => candidate.process === process)
      if (service) crashService(service)
      else if (process === producer.process()) crashProducer()
    },
    stall(process) {
      const service = [...services].find((candidate) => candidate.process === process)
      if (service) becomeZombie(service)
    },
    async stopAll() {
      for (const service of services) service.stop()
      await Promise.all([...ending, ...[...services].map(({ ended }) => ended)])
    },
  }
}
