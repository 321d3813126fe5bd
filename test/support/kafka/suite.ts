import { after, before } from 'node:test'
import { startBroker, type Broker, type BrokerOptions } from './broker.ts'
import { missingForKafka } from './jars.ts'
import { untilCoordinated } from './until-coordinated.ts'

const givenBroker = process.env['ORDERMILL_TEST_KAFKA'] || undefined

export type KafkaSuite = Readonly<{
  /** The suite kills, stops or configures its broker: `ORDERMILL_TEST_KAFKA` won't do. */
  ownBroker?: boolean
}>

/**
 * For `describe`: skips, saying what is missing, where no broker can be had. Never in CI: there the start fails loudly.
 */
export function kafkaSuiteOptions({ ownBroker = false }: KafkaSuite = {}): Readonly<{ skip: string | false }> {
  if (process.env['CI'] === 'true') return { skip: false }
  if (givenBroker !== undefined && !ownBroker) return { skip: false }
  return { skip: missingForKafka() ?? false }
}

/** One broker for all tests of a suite or a file, or the one that `ORDERMILL_TEST_KAFKA` names. Ask inside a test. */
export function useBroker(options: BrokerOptions = {}): Readonly<{ bootstrap: () => string }> {
  let own: Broker | undefined
  before(async () => {
    if (givenBroker === undefined && kafkaSuiteOptions().skip === false) own = await startBroker(options)
  })
  after(() => own?.stop())
  return { bootstrap: () => givenBroker ?? asked(own).bootstrap }
}

/** One broker of our own for all tests of a suite or a file, to be done with as one likes. Ask inside a test. */
export function useOwnBroker(options: BrokerOptions = {}): () => Broker {
  let own: Broker | undefined
  before(async () => {
    if (kafkaSuiteOptions({ ownBroker: true }).skip === false) own = await startBroker(options)
  })
  after(() => own?.stop())
  return () => asked(own)
}

/** The same, for services that are to be ready as soon as they are on a broker that others use already. */
export function useCoordinatedBroker(options: BrokerOptions = {}): () => Broker {
  const broker = useOwnBroker(options)
  before(() => untilCoordinated(broker().bootstrap))
  return broker
}

function asked(broker: Broker | undefined): Broker {
  if (!broker) throw new Error('there is no broker before the first test and after the last one')
  return broker
}
