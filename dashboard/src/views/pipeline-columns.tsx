import type { Group, Pipeline, System, Topic } from '../../../src/api/contract.ts'
import { Status } from '../components/status.tsx'
import type { Column } from '../components/table-column.ts'
import { Count } from '../components/values.tsx'
import { formatRate, formatSeconds, none } from '../format.ts'
import { capital, type Tone } from '../labels.ts'
import { lagTone, lagWords, trendWords } from '../lag.ts'

type Service = System['services'][number]
type GroupPartition = Group['partitions'][number]
type TopicPartition = Topic['partitions'][number]
type Lag = Readonly<{ lag_records: number; lag_seconds: number; paused?: boolean; stuck: boolean }>

const serviceTones = {
  starting: 'active',
  running: 'good',
  paused: 'warning',
  paused_by_operator: 'neutral',
  stopped: 'neutral',
  failed: 'bad',
} as const satisfies Record<Service['state'], Tone>

/** Who paused it is in the detail. */
function serviceWord(state: Service['state']): string {
  return capital(state === 'paused_by_operator' ? 'paused' : state)
}

export const serviceColumns: readonly Column<Service>[] = [
  { id: 'name', head: 'Service', width: 160, narrowWidth: 110, cell: ({ name }) => name },
  {
    id: 'state',
    head: 'State',
    width: 130,
    cell: ({ state }) => <Status tone={serviceTones[state]}>{serviceWord(state)}</Status>,
  },
  {
    id: 'detail',
    head: 'Detail',
    minWidth: 160,
    cell: ({ detail }) => (
      <span className="truncate muted" title={detail}>
        {detail}
      </span>
    ),
  },
]

const lagState: Column<Lag> = {
  id: 'state',
  head: 'State',
  width: 120,
  narrowWidth: 112,
  cell: (lag) => <Status tone={lagTone(lag)}>{lagWords(lag)}</Status>,
}
const lagRecords: Column<Lag> = {
  id: 'lag_records',
  head: 'Lag, records',
  width: 120,
  narrowWidth: 104,
  align: 'end',
  cell: ({ lag_records }) => <Count value={lag_records} />,
}
const lagSeconds: Column<Lag> = {
  id: 'lag_seconds',
  head: 'Lag, time',
  width: 100,
  narrowWidth: 92,
  align: 'end',
  cell: ({ lag_seconds }) => <span className="num">{formatSeconds(lag_seconds)}</span>,
}

const partitionCount: Column<Group | Topic> = {
  id: 'partitions',
  head: 'Partitions',
  width: 110,
  narrowWidth: 88,
  align: 'end',
  cell: ({ partitions }) => <Count value={partitions.length} />,
}

export const groupColumns: readonly Column<Group>[] = [
  { id: 'group', head: 'Group', minWidth: 122, cell: ({ group }) => <span className="wrap">{group}</span> },
  lagState,
  lagSeconds,
  lagRecords,
  {
    id: 'trend',
    head: 'Trend',
    width: 100,
    align: 'end',
    cell: ({ trend_per_second, lag_records }) =>
      lag_records === 0 ? <span className="muted">{none}</span> : <Trend perSecond={trend_per_second} />,
  },
  partitionCount,
]

function Trend({ perSecond }: { perSecond: number }) {
  return <span className="num">{trendWords(perSecond)}</span>
}

export const groupPartitionColumns: readonly Column<GroupPartition>[] = [
  { id: 'topic', head: 'Topic', minWidth: 140, cell: ({ topic }) => <span className="mono wrap">{topic}</span> },
  { id: 'partition', head: 'Partition', width: 90, align: 'end', cell: ({ partition }) => <Count value={partition} /> },
  {
    id: 'committed',
    head: 'Committed',
    width: 100,
    align: 'end',
    cell: ({ committed }) =>
      committed === null ? <span className="muted">nothing</span> : <Count value={committed} />,
  },
  { id: 'end', head: 'End', width: 90, align: 'end', cell: ({ end }) => <Count value={end} /> },
  lagRecords,
  lagSeconds,
  {
    id: 'moved',
    head: 'State',
    width: 150,
    cell: (partition) => <PartitionState partition={partition} />,
  },
  {
    id: 'owner',
    head: 'Read by',
    width: 130,
    cell: ({ owner }) =>
      owner === null ? (
        <span className="muted">nobody</span>
      ) : (
        <span className="mono truncate" title={owner}>
          {owner}
        </span>
      ),
  },
]

function PartitionState({ partition }: { partition: GroupPartition }) {
  const { stuck, idle_seconds, lag_records } = partition
  if (stuck) return <Status tone="bad">{`Stuck for ${formatSeconds(idle_seconds)}`}</Status>
  return <Status tone={lagTone(partition)}>{lag_records > 0 ? lagWords(partition) : 'Up to date'}</Status>
}

export function topicColumnsOf(rates: Pipeline['topics'] | undefined): readonly Column<Topic>[] {
  return [
    { id: 'name', head: 'Topic', minWidth: 130, cell: ({ name }) => <span className="mono wrap">{name}</span> },
    partitionCount,
    {
      id: 'records',
      head: 'Records',
      width: 120,
      narrowWidth: 84,
      align: 'end',
      cell: ({ records }) => <Count value={records} />,
    },
    {
      id: 'rate',
      head: 'Records/s',
      width: 100,
      narrowWidth: 84,
      align: 'end',
      cell: ({ name }) => <span className="num">{rateText(rates, name)}</span>,
    },
  ]
}

function rateText(rates: Pipeline['topics'] | undefined, name: string): string {
  const rate = rates?.find(({ topic }) => topic === name)
  return rate ? formatRate(rate.records_per_second) : none
}

export const topicPartitionColumns: readonly Column<TopicPartition>[] = [
  { id: 'partition', head: 'Partition', cell: ({ partition }) => <Count value={partition} /> },
  {
    id: 'begin',
    head: 'Begin',
    width: 140,
    narrowWidth: 100,
    align: 'end',
    cell: ({ begin }) => <Count value={begin} />,
  },
  { id: 'end', head: 'End', width: 140, narrowWidth: 100, align: 'end', cell: ({ end }) => <Count value={end} /> },
  {
    id: 'records',
    head: 'Records',
    width: 140,
    narrowWidth: 100,
    align: 'end',
    cell: ({ begin, end }) => <Count value={end - begin} />,
  },
]
