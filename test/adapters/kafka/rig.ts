import type { TestContext } from 'node:test'
import { systemRuntime } from '../../../src/adapters/in-process/runtime.ts'
import { openKafkaLog, type KafkaLogOptions } from '../../../src/adapters/kafka/kafka-log.ts'
import type { Log, Step } from '../../../src/ports/log.ts'
import { openHarness, type LogHarness, valueOf } from '../../support/log-harness.ts'

type LogOptions = Partial<Omit<KafkaLogOptions, 'connection'>> & Readonly<{ clientId?: string }>

export function newKafkaLog(bootstrap: string, { clientId = 'test', ...options }: LogOptions = {}): Log {
  const { sleep, random } = systemRuntime
  const connection = { bootstrap: [bootstrap], clientId }
  return openKafkaLog({ connection, delivery: 'exactly-once', replicationFactor: 1, sleep, random, ...options })
}

export function openKafkaHarness(t: TestContext, bootstrap: string, options?: LogOptions): Promise<LogHarness> {
  const open = (): Promise<Log> => Promise.resolve(newKafkaLog(bootstrap, options))
  return openHarness(t, () => Promise.resolve({ open, shared: true }))
}

/** Another log beside that of the harness, as if it were in a process of its own. */
export function anotherLog(t: TestContext, bootstrap: string, options?: LogOptions): Log {
  const log = newKafkaLog(bootstrap, options)
  t.after(() => log.close())
  return log
}

/** One output for each record, with the same key and value. */
export function copyTo(topic: string): Step {
  return ({ slices }) =>
    Promise.resolve(slices.flatMap(({ records }) => records.map(({ key, value }) => ({ topic, key, value }))))
}

/** Keeps the values that it is handed, and answers nothing. */
export function collector(): Readonly<{ values: string[]; step: Step }> {
  const values: string[] = []
  const step: Step = ({ slices }) => {
    values.push(...slices.flatMap(({ records }) => records.map(valueOf)))
    return Promise.resolve([])
  }
  return { values, step }
}

export async function judgedValues(
  records: Promise<readonly Readonly<{ value: Buffer | null }>[]>,
): Promise<readonly string[]> {
  return (await records).map(({ value }) => String(value))
}
