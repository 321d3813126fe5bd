import type { ReactNode } from 'react'
import { Link } from 'wouter'
import type { Pipeline } from '../../../src/api/contract.ts'
import { useSystem } from '../api/queries.ts'
import { formatCount, formatRate, formatSeconds, none, plural } from '../format.ts'
import { Icon } from './icon.tsx'
import { lagTone, lagWords } from '../lag.ts'
import { Panel } from './panel.tsx'
import { Status } from './status.tsx'

/** What each group makes of the orders. */
const lanes = [
  { group: 'fraud-group', output: 'fraud-alerts' },
  { group: 'payments-group', output: 'payments' },
  { group: 'analytics-group', output: 'order-analytics' },
] as const

/** Topic, group, topic: where records are, and where they wait. */
export function PipelineStrip(props: { title: string; actions?: ReactNode; pipeline: Pipeline | undefined }) {
  const { title, actions, pipeline } = props
  const { data: system } = useSystem()
  const input = system?.input_topic ?? 'orders'
  return (
    <Panel title={title} actions={actions}>
      <div className="strip">
        <TopicNode name={input} pipeline={pipeline} />
        <ol className="lanes">
          {lanes.map(({ group, output }) => (
            <li key={group}>
              <Icon name="arrow" />
              <GroupNode name={group} pipeline={pipeline} />
              <Icon name="arrow" />
              <TopicNode name={output} pipeline={pipeline} />
            </li>
          ))}
        </ol>
      </div>
    </Panel>
  )
}

function TopicNode({ name, pipeline }: { name: string; pipeline: Pipeline | undefined }) {
  const topic = pipeline?.topics.find((candidate) => candidate.topic === name)
  return (
    <Link
      href={`/pipeline?topic=${encodeURIComponent(name)}`}
      className="node"
      title={topic && plural(topic.records, 'record')}
    >
      <span className="mono truncate">{name}</span>
      <span className="muted num">{topic ? `${formatRate(topic.records_per_second)}/s` : none}</span>
    </Link>
  )
}

function GroupNode({ name, pipeline }: { name: string; pipeline: Pipeline | undefined }) {
  const group = pipeline?.groups.find((candidate) => candidate.group === name)
  return (
    <Link
      href={`/pipeline?group=${encodeURIComponent(name)}`}
      className="node node-group"
      title={group && `${formatCount(group.lag_records)} records behind`}
    >
      <span className="truncate">{name}</span>
      <span className="node-state">
        {group ? (
          <Status tone={lagTone(group)}>
            {lagWords(group)}
            {group.lag_records > 0 && <span className="num">, {formatSeconds(group.lag_seconds)}</span>}
          </Status>
        ) : (
          <span className="muted">{none}</span>
        )}
        {group && <span className="muted num">{formatRate(group.records_per_second)}/s</span>}
      </span>
    </Link>
  )
}
