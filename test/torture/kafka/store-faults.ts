import { opcodes, statuses, type RequestFilter, type WireProxy } from '../../support/couchbase/wire-proxy.ts'
import { planStore, type StoreFault } from './fault-plan.ts'
import { pause, type Stage } from './stage.ts'

/** Between two faults, so that something gets done. */
const restMs = 1_500
/** A fault that waits for its request strikes soon, or nobody works. */
const strikeLimitMs = 3_000

/** One fault of the store after the other, beside those of its services; all is well again when it resolves. */
export async function disturbStore(stage: Stage): Promise<void> {
  const { random, calm, count, tell, site } = stage
  const { proxy } = site.store
  if (!proxy) return
  for (const fault of planStore(random)) {
    await pause(restMs * (0.5 + random()), calm)
    if (calm.aborted) return
    const name = 'at' in fault ? `${fault.kind} ${fault.request} ${fault.at}` : fault.kind
    count(name)
    tell(name)
    await disturb(stage, proxy, fault)
  }
}

async function disturb(stage: Stage, proxy: WireProxy, fault: StoreFault): Promise<void> {
  const { calm, random } = stage
  switch (fault.kind) {
    case 'store away':
      proxy.refuse()
      await pause(fault.forMs, calm)
      return proxy.accept()
    case 'store slow':
      proxy.latency(20 + 150 * random())
      await pause(fault.forMs, calm)
      return proxy.forward()
    // What was sent meanwhile arrives in the end, also from those who have given up or died.
    case 'store silent':
      proxy.halfOpen()
      await pause(fault.forMs, calm)
      return proxy.forward()
    case 'store answers nobody':
      proxy.dropReplies()
      await pause(fault.forMs, calm)
      return proxy.forward()
    case 'rival claims':
      return claimAll(stage, fault.share)
    default:
      return strike(stage, proxy, fault)
  }
}

/** As one who took the partition over would: whoever has it is fenced, and claims it again. */
async function claimAll({ site, random }: Stage, share: number): Promise<void> {
  for (const { shard } of await site.store.marks()) if (random() < share) await site.overtake(shard)
}

async function strike(
  { calm }: Stage,
  proxy: WireProxy,
  { kind, request, at, times }: Extract<StoreFault, { at: string }>,
): Promise<void> {
  const isShard = (key: string): boolean => key.includes(':shards:')
  const key = at === 'shards' ? isShard : (name: string) => !isShard(name)
  const filter: RequestFilter = { opcode: opcodes[request], key, times }
  const fault = faultOf(proxy, kind, filter)
  await Promise.race([fault.struck, pause(strikeLimitMs, calm)])
  fault.lift()
}

function faultOf(proxy: WireProxy, kind: Extract<StoreFault, { at: string }>['kind'], filter: RequestFilter) {
  switch (kind) {
    case 'lost request':
      return proxy.loseRequest(filter)
    case 'lost reply':
      return proxy.loseReply(filter)
    case 'cut before':
      return proxy.cutBefore(filter)
    case 'cut after':
      return proxy.cutAfter(filter)
    case 'temporary failure':
      return proxy.answer(statuses.temporaryFailure, filter)
    default:
      return kind satisfies never
  }
}
