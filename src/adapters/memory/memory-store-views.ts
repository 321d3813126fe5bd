import type { OrderQueries, ViewCounts } from '../../ports/order-queries.ts'
import { identityText } from '../../domain/order.ts'
import { samePosition } from '../../domain/position.ts'
import type { Claim } from '../../ports/shards.ts'
import type { ViewFact, ViewStore } from '../../ports/view-store.ts'
import { deadLetterId } from '../store/dead-letter-id.ts'
import { isLaterRedrive } from '../store/redrives.ts'
import { addViewCounts, noViews } from '../store/view-counts.ts'
import { moveShard, positionAt } from './memory-store-shards.ts'
import type { MemoryStoreState, Pause } from './memory-store-state.ts'

type Views = Pick<ViewStore, 'applyViews'> & Pick<OrderQueries, 'viewCounts'>

export function memoryViews(state: MemoryStoreState, pause: Pause): Views {
  return {
    async applyViews(claim, facts, progress) {
      const fresh = facts.filter((fact) => fact.offset >= claim.next)
      for (const fact of fresh) {
        await pause()
        writeView(state, claim, fact)
      }
      await pause()
      moveShard(state, { claim, progress }, ({ views = noViews }) => ({
        views: addViewCounts(views, countViews(state, claim, fresh)),
      }))
      await pause()
    },

    viewCounts() {
      return Promise.resolve(
        [...state.shards.values()].reduce((sum, { views = noViews }) => addViewCounts(sum, views), noViews),
      )
    },
  }
}

/** Inserts unless it is there: a repeated alert or letter changes nothing. */
function writeView(state: MemoryStoreState, claim: Claim, fact: ViewFact): void {
  const position = positionAt(claim, fact.offset)
  if (fact.kind === 'alert') {
    const key = alertKey(fact)
    const { timestampMs, alert, identity } = fact
    if (!state.alerts.has(key)) state.alerts.set(key, { timestampMs, alert, identity, position })
  } else if (fact.kind === 'dead-letter') {
    const id = deadLetterId(fact.letter)
    if (!state.deadLetters.has(id)) state.deadLetters.set(id, { ...fact.letter, id, position })
  } else if (fact.kind === 'redrive') {
    const { letterId, redriven } = fact
    const known = state.redrives.get(letterId)
    if (!known) state.redrives.set(letterId, { position, redriven })
    else if (isLaterRedrive(known.redriven, redriven)) state.redrives.set(letterId, { ...known, redriven })
  }
}

/** An item counts once: for the position that brought it. */
function countViews(state: MemoryStoreState, claim: Claim, facts: readonly ViewFact[]): ViewCounts {
  const counts = { alerts: 0, deadLetters: 0, redriven: 0 }
  for (const fact of facts) {
    if (fact.kind === 'alert' && isMine(state.alerts.get(alertKey(fact)), claim, fact)) counts.alerts += 1
    if (fact.kind === 'redrive' && isMine(state.redrives.get(fact.letterId), claim, fact)) counts.redriven += 1
    if (fact.kind !== 'dead-letter') continue
    if (isMine(state.deadLetters.get(deadLetterId(fact.letter)), claim, fact)) counts.deadLetters += 1
  }
  return counts
}

function isMine(item: Readonly<{ position: ReturnType<typeof positionAt> }> | undefined, claim: Claim, fact: ViewFact) {
  return item !== undefined && samePosition(item.position, positionAt(claim, fact.offset))
}

function alertKey({ alert, identity }: Extract<ViewFact, { kind: 'alert' }>): string {
  return `${identityText(identity)} ${alert.reason}`
}
