import { systemRuntime } from '../../../src/adapters/in-process/runtime.ts'
import { openKafkaLog } from '../../../src/adapters/kafka/kafka-log.ts'
import { describeLogContract } from '../../contract/log.contract.ts'
import { useBroker } from '../../support/kafka/suite.ts'

const { sleep, random } = systemRuntime
const { bootstrap } = useBroker()

describeLogContract('kafka', () =>
  Promise.resolve({
    open: () =>
      Promise.resolve(
        openKafkaLog({
          connection: { bootstrap: [bootstrap()], clientId: 'test' },
          delivery: 'exactly-once',
          replicationFactor: 1,
          sleep,
          random,
        }),
      ),
    shared: true,
  }),
)
