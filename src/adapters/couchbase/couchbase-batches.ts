import { identityText, type OrderIdentity } from '../../domain/order.ts'

type OfOrder<Fact> = Readonly<{ identity: OrderIdentity; facts: readonly Fact[] }>

/** Records of one batch by their order, each in offset order: those of different orders don't wait for one another. */
export function byIdentity<Fact extends Readonly<{ identity: OrderIdentity }>>(
  facts: readonly Fact[],
): readonly OfOrder<Fact>[] {
  const batches = new Map<string, OfOrder<Fact> & Readonly<{ facts: Fact[] }>>()
  for (const fact of facts) {
    const key = identityText(fact.identity)
    const batch = batches.get(key)
    if (batch) batch.facts.push(fact)
    else batches.set(key, { identity: fact.identity, facts: [fact] })
  }
  return [...batches.values()]
}
