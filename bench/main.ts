import { Command } from 'commander'
import { benchAppend } from './append.ts'
import { benchFlow } from './flow.ts'
import { benchJourney } from './journey.ts'
import { benchKafka } from './kafka.ts'
import { benchLatency } from './latency.ts'
import { benchPage } from './page.ts'
import { benchReads } from './reads.ts'
import { benchStore } from './store.ts'
import { printReport, type Figure } from './report.ts'

const benches: Readonly<Record<string, (orders: number) => Promise<readonly Figure[]>>> = {
  append: benchAppend,
  flow: benchFlow,
  latency: benchLatency,
  reads: benchReads,
  journey: benchJourney,
  page: benchPage,
  kafka: benchKafka,
  store: benchStore,
}

const program = new Command('bench')
  .description('Measure; a table, then the same as one line of JSON')
  .argument(
    '[names...]',
    `which: ${Object.keys(benches).join(', ')}; all of the embedded system when none is named; kafka brings a broker and its peers, store a mock of Couchbase`,
  )
  .option('--orders <number>', 'how many orders', Number, 1_000_000)
  .action(async (names: readonly string[], { orders }: { orders: number }) => {
    const chosen =
      names.length > 0 ? names : Object.keys(benches).filter((name) => name !== 'kafka' && name !== 'store')
    const figures: Figure[] = []
    for (const name of chosen) {
      const bench = benches[name]
      if (!bench) throw new Error(`no bench is called ${name}: choose from ${Object.keys(benches).join(', ')}`)
      figures.push(...(await bench(orders)))
    }
    printReport(figures)
  })
await program.parseAsync()
