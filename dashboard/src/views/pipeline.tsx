import type { Group, System, Topic } from '../../../src/api/contract.ts'
import { useLive } from '../api/live.ts'
import { useGroups, useSystem, useTopics } from '../api/queries.ts'
import { Panel } from '../components/panel.tsx'
import { PipelineStrip } from '../components/pipeline-strip.tsx'
import { QueryState } from '../components/query-state.tsx'
import { Table } from '../components/table.tsx'
import { useFilters } from '../components/use-filters.ts'
import { useTitle } from '../components/use-title.ts'
import { GroupActions } from './group-actions.tsx'
import {
  groupColumns,
  groupPartitionColumns,
  serviceColumns,
  topicColumnsOf,
  topicPartitionColumns,
} from './pipeline-columns.tsx'

const names = ['group', 'topic'] as const

export function PipelineView() {
  useTitle('Pipeline')
  const { filters } = useFilters(names)
  const pipeline = useLive(({ snapshot }) => snapshot?.pipeline)
  return (
    <>
      <header className="view-head">
        <h1>Pipeline</h1>
      </header>
      <PipelineStrip title="Flow" pipeline={pipeline} />
      <Groups open={filters.group} />
      <Services />
      <Topics open={filters.topic} />
    </>
  )
}

function Services() {
  const query = useSystem()
  return (
    <Panel title="Services">
      <QueryState query={query} skeleton={servicesTable(undefined)}>
        {({ services }) => servicesTable(services)}
      </QueryState>
    </Panel>
  )
}

function servicesTable(rows: System['services'] | undefined) {
  return <Table label="Services" columns={serviceColumns} rows={rows} rowKey={({ name }) => name} skeletonRows={5} />
}

function Groups({ open }: { open: string | undefined }) {
  const query = useGroups()
  const opened = query.data?.items.find(({ group }) => group === open)
  return (
    <>
      <Panel title="Consumer groups">
        <QueryState query={query} skeleton={groupsTable(undefined, open)}>
          {({ items }) => groupsTable(items, open)}
        </QueryState>
      </Panel>
      {opened && <GroupPartitions group={opened} />}
    </>
  )
}

function groupsTable(rows: readonly Group[] | undefined, open: string | undefined) {
  return (
    <Table
      label="Consumer groups"
      columns={groupColumns}
      rows={rows}
      rowKey={({ group }) => group}
      rowHref={({ group }) => toggleHref('group', group, open)}
      selectedKey={open}
      skeletonRows={4}
    />
  )
}

/** A row that is open closes again. */
function toggleHref(name: 'group' | 'topic', value: string, open: string | undefined): string {
  return value === open ? '/pipeline' : `/pipeline?${name}=${encodeURIComponent(value)}`
}

function GroupPartitions({ group }: { group: Group }) {
  return (
    <Panel
      title={`Partitions that ${group.group} reads`}
      className="opened"
      actions={<GroupActions key={group.group} group={group} />}
    >
      <Table
        label={`Partitions of ${group.group}`}
        columns={groupPartitionColumns}
        rows={group.partitions}
        rowKey={({ topic, partition }) => `${topic}/${partition}`}
      />
    </Panel>
  )
}

function Topics({ open }: { open: string | undefined }) {
  const query = useTopics()
  const rates = useLive(({ snapshot }) => snapshot?.pipeline.topics)
  const opened = query.data?.items.find(({ name }) => name === open)
  const table = (rows: readonly Topic[] | undefined) => (
    <Table
      label="Topics"
      columns={topicColumnsOf(rates)}
      rows={rows}
      rowKey={({ name }) => name}
      rowHref={({ name }) => toggleHref('topic', name, open)}
      selectedKey={open}
      skeletonRows={8}
    />
  )
  return (
    <>
      <Panel title="Topics">
        <QueryState query={query} skeleton={table(undefined)}>
          {({ items }) => table(items)}
        </QueryState>
      </Panel>
      {opened && <TopicPartitions topic={opened} />}
    </>
  )
}

function TopicPartitions({ topic }: { topic: Topic }) {
  return (
    <Panel title={`Partitions of ${topic.name}`} note={<span className="mono">{topic.id}</span>} className="opened">
      <Table
        label={`Partitions of ${topic.name}`}
        columns={topicPartitionColumns}
        rows={topic.partitions}
        rowKey={({ partition }) => String(partition)}
      />
    </Panel>
  )
}
