import type { Asked, GroupLag, KafkaReport } from '../../compose/inspect-kafka.ts'
import { countText } from '../output.ts'
import type { Check } from './check.ts'

/** Nothing is wrong with a lag by itself: it is for whoever asks why orders are late. */
export function kafkaChecks(report: KafkaReport, inputTopic: string): readonly Check[] {
  const { access, topics, missing, read, lag } = report
  // It says itself what to do.
  if (topics.problem !== undefined) return [{ name: 'broker', status: 'fail', detail: topics.problem }]
  const found = topics.answer.find(({ name }) => name === inputTopic)
  return [
    { name: 'broker', status: 'ok', detail: `${access} answers` },
    topicsCheck(missing, topics.answer.length, found?.partitions.length, inputTopic),
    rightsCheck(read, lag),
    ...lagCheck(lag),
  ]
}

function topicsCheck(
  missing: readonly string[],
  count: number,
  partitions: number | undefined,
  inputTopic: string,
): Check {
  if (missing.length === 0) {
    const detail = `all ${count} are there; ${inputTopic} has ${countText(partitions ?? 0, 'partition')}`
    return { name: 'topics', status: 'ok', detail }
  }
  return {
    name: 'topics',
    status: 'warn',
    detail: `${countText(missing.length, 'topic')} not there, or not for this login to see`,
    advice: 'run "ordermill topics create"; a start creates them too if its login may',
    findings: missing,
  }
}

function rightsCheck(...asked: readonly Asked<unknown>[]): Check {
  const problems = asked.flatMap(({ problem }) => problem ?? [])
  if (problems.length === 0) {
    return { name: 'rights', status: 'ok', detail: 'orders and groups can be read; writing is not tried here' }
  }
  return {
    name: 'rights',
    status: 'fail',
    detail: 'orders or groups can not be read',
    advice: 'give this login the rights Read and Write on the topics, Read on the groups, Write on transactional ids',
    findings: problems,
  }
}

function lagCheck(lag: Asked<readonly GroupLag[]>): readonly Check[] {
  if (lag.problem !== undefined) return []
  const behind = lag.answer.filter(({ records }) => records > 0)
  const detail =
    behind.length === 0
      ? 'every group has read everything'
      : behind.map(({ group, records }) => `${group} ${countText(records, 'record')}`).join(', ')
  return [{ name: 'lag', status: 'ok', detail }]
}
