import type { GroupBehind } from '../../compose/inspect.ts'
import type { KafkaReport } from '../../compose/inspect-kafka.ts'
import type { Config } from '../../config.ts'
import { countText } from '../output.ts'
import type { Check } from './check.ts'

export function couchbaseChecks(
  { answer, problem }: NonNullable<KafkaReport['store']>,
  behind: readonly GroupBehind[],
  { couchbase, bucket }: Config,
): readonly Check[] {
  // It says itself what to do.
  if (!answer) return [{ name: 'store', status: 'fail', detail: problem }]
  const place = `${couchbase?.connectionString ?? ''}, bucket ${bucket}`
  const store: Check = { name: 'store', status: 'ok', detail: `Couchbase at ${place} answers` }
  const isBehind = behind.length > 0
  return [isBehind ? behindCheck(behind, 'the services catch') : store, searchCheck(answer.searchProblem)]
}

/** `whoCatches` a store up, such as "the server catches". */
export function behindCheck(behind: readonly GroupBehind[], whoCatches: string): Check {
  const records = behind.map(({ group, records: count }) => `${countText(count, 'record')} (${group})`).join(', ')
  const advice = `${whoCatches} up, and nobody is paid again`
  return { name: 'store', status: 'warn', detail: `behind the log by ${records}`, advice }
}

function searchCheck(problem: string | undefined): Check {
  if (problem === undefined) return { name: 'search', status: 'ok', detail: 'every filter and sort has its index' }
  return { name: 'search', status: 'warn', detail: `filters and sorts are refused: ${problem}` }
}
