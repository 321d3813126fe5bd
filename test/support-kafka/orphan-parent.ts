/** Starts a broker, stops it by SIGSTOP, says who it is, and waits to be killed. */
import { startBroker } from '../support/kafka/broker.ts'

const broker = await startBroker()
broker.pause()
console.log(broker.pid)
