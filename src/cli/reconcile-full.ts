import type { CheckSpec, Difference } from '../codec/operation-codec.ts'
import { openLocalCheck } from '../compose/check.ts'
import type { Config } from '../config.ts'
import { OrdermillError } from '../errors.ts'
import { onInterrupt } from './interrupt.ts'
import { countText, note, print } from './output.ts'
import { tableLines } from './table.ts'
import { openWorkBar } from './work-bar.ts'

/** Compares everything, in this process. True when nothing differs. */
export async function reconcileFully(
  config: Config,
  spec: CheckSpec,
  { json }: Readonly<{ json: boolean }>,
): Promise<boolean> {
  const { differences, count, detail } = await checked(config, spec)
  if (json) print(JSON.stringify({ detail, differences: count, items: differences }))
  else if (count === 0) print(`No difference: ${detail}`)
  else print(...differenceLines(differences))
  if (count > differences.length) note(`Only the first ${differences.length} are listed`)
  if (count > 0) note(`${countText(count, 'difference')}: ${detail}`)
  return count === 0
}

async function checked(config: Config, spec: CheckSpec) {
  using interrupt = onInterrupt()
  const check = await openLocalCheck(config, spec)
  try {
    using bar = openWorkBar()
    for (;;) {
      const { progress, isDone, differences } = await check.step(interrupt.signal)
      const { done, total, detail } = progress
      bar.update(done, total ?? done, detail)
      if (isDone) return { differences, count: progress.differences ?? 0, detail }
      if (interrupt.signal.aborted)
        throw new OrdermillError('INTERRUPTED', 'the check was stopped, and changed nothing')
    }
  } finally {
    await check.close()
  }
}

function differenceLines(differences: readonly Difference[]): readonly string[] {
  return tableLines<Difference>(
    [
      { title: 'ORDER', value: ({ order_id: id }) => (id === null ? '' : String(id)), align: 'right' },
      { title: 'IS', value: ({ what }) => what },
      { title: 'WHERE', value: ({ where }) => where },
      { title: 'THE LOG SAYS', value: ({ expected }) => expected },
      { title: 'THE STORE SAYS', value: ({ found }) => found },
    ],
    differences,
  )
}
