import { openMemoryStore } from '../../src/adapters/memory/memory-store.ts'
import type { MemoryPayment } from '../../src/adapters/memory/memory-store-state.ts'
import type { OperatorDecision } from '../../src/domain/payment.ts'
import { OrdermillError } from '../../src/errors.ts'
import { operationsLog } from '../../src/operations/operations-log.ts'
import { commandPayment } from '../../src/operations/payment-commands.ts'
import { pick } from '../support/audit/input.ts'
import { faultyCalls } from './faults.ts'
import { openLogClient } from './log-client.ts'
import type { Site } from './services.ts'
import type { Process } from './world.ts'

/** Somebody who decides about payments that are held or declined, by the means of the API. */
export type SimulatedOperator = Readonly<{
  /** About any of them, while everything goes on. */
  decide: () => void
  /** Begins to decide once more about each, up to a few; once. */
  finish: () => void
  isDone: () => boolean
  /** What was acknowledged. */
  decisions: readonly OperatorDecision[]
}>

const lastCommandsMax = 4

export function openOperator(site: Site): SimulatedOperator {
  const { world, broker, state, faults } = site
  const { random } = world
  const owner: Process = { name: 'operator', alive: true, stalled: false }
  const { log } = openLogClient(world, broker, owner, faultyCalls(world, owner, faults))
  const deps = {
    log,
    operations: operationsLog(log),
    store: openMemoryStore({ state }),
    topic: 'orders',
    clock: world.now,
  }
  const decisions: OperatorDecision[] = []
  let last: Promise<void> | undefined
  let isDone = false
  let underWay = 0

  const undecided = (): readonly MemoryPayment[] =>
    [...state.ledger.values()].filter(({ ledger: { payment } }) => /HELD|DECLINED/.test(payment.status))

  async function command({ identity, ledger }: MemoryPayment): Promise<void> {
    const { createdAtMs } = ledger.content
    const decision = decisionAbout(ledger.payment.status)
    underWay += 1
    try {
      await commandPayment(deps, {
        orderId: identity.orderId,
        decision,
        principal: 'operator',
        reason: undefined,
        createdAtMs,
        key: undefined,
      })
      decisions.push(decision)
    } catch (error) {
      // Whoever is told that it failed, or that the payment has changed, looks again.
      if (!(error instanceof OrdermillError)) throw error
    } finally {
      underWay -= 1
    }
  }
  const decisionAbout = (status: string): OperatorDecision =>
    status === 'DECLINED' ? 'retry' : pick(['release', 'release', 'reject'] as const, random)

  async function decideLast(): Promise<void> {
    for (const payment of undecided().slice(0, lastCommandsMax)) await command(payment)
    isDone = true
  }
  return {
    decide() {
      const payments = undecided()
      if (payments.length > 0) void command(pick(payments, random))
    },
    finish: () => void (last ??= decideLast()),
    isDone: () => isDone && underWay === 0,
    decisions,
  }
}
