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
  { id: 'name', head: 'Service', width: 160, phoneWidth: 'auto', cell: ({ name }) => name },
  {
    id: 'state',
    head: 'State',
    width: 130,
    cell: ({ state }) => <Status tone={serviceTones[state]}>{serviceWord(state)}</Status>,
  },
  {
    id: 'detail',
    head: 'Detail',
    from: 'tablet',
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
  phoneWidth: 110,
  cell: (lag) => <Status tone={lagTone(lag)}>{lagWords(lag)}</Status>,
}
const lagRecords: Column<Lag> = {
  id: 'lag_records',
  head: 'Lag, records',
  width: 120,
  align: 'end',
  from: 'tablet',
  cell: ({ lag_records }) => <Count value={lag_records} />,
}
const lagSeconds: Column<Lag> = {
  id: 'lag_seconds',
  head: 'Lag, time',
  width: 100,
  phoneWidth: 80,
  align: 'end',
  cell: ({ lag_seconds }) => <span className="num">{formatSeconds(lag_seconds)}</span>,
}

const partitionCount: Column<Group | Topic> = {
  id: 'partitions',
  head: 'Partitions',
  width: 110,
  align: 'end',
  from: 'tablet',
  cell: ({ partitions }) => <Count value={partitions.length} />,
}

export const groupColumns: readonly Column<Group>[] = [
  { id: 'group', head: 'Group', cell: ({ group }) => group },
  lagState,
  partitionCount,
  lagRecords,
  {
    id: 'trend',
    head: 'Trend',
    width: 100,
    align: 'end',
    from: 'tablet',
    cell: ({ trend_per_second, lag_records }) =>
      lag_records === 0 ? <span className="muted">{none}</span> : <Trend perSecond={trend_per_second} />,
  },
  lagSeconds,
]

function Trend({ perSecond }: { perSecond: number }) {
  return <span className="num">{trendWords(perSecond)}</span>
}

export const groupPartitionColumns: readonly Column<GroupPartition>[] = [
  { id: 'topic', head: 'Topic', cell: ({ topic }) => <span className="mono truncate">{topic}</span> },
  { id: 'partition', head: 'Partition', width: 80, align: 'end', cell: ({ partition }) => <Count value={partition} /> },
  {
    id: 'committed',
    head: 'Committed',
    width: 100,
    align: 'end',
    from: 'tablet',
    cell: ({ committed }) =>
      committed === null ? <span className="muted">nothing</span> : <Count value={committed} />,
  },
  { id: 'end', head: 'End', width: 90, align: 'end', from: 'tablet', cell: ({ end }) => <Count value={end} /> },
  { ...lagRecords, from: 'desktop' },
  lagSeconds,
  {
    id: 'moved',
    head: 'State',
    width: 150,
    from: 'tablet',
    cell: (partition) => <PartitionState partition={partition} />,
  },
  {
    id: 'owner',
    head: 'Read by',
    width: 130,
    from: 'desktop',
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
    { id: 'name', head: 'Topic', cell: ({ name }) => <span className="mono truncate">{name}</span> },
    partitionCount,
    {
      id: 'records',
      head: 'Records',
      width: 120,
      phoneWidth: 84,
      align: 'end',
      cell: ({ records }) => <Count value={records} />,
    },
    {
      id: 'rate',
      head: 'Records/s',
      width: 100,
      phoneWidth: 84,
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
    phoneWidth: 100,
    align: 'end',
    cell: ({ begin }) => <Count value={begin} />,
  },
  { id: 'end', head: 'End', width: 140, phoneWidth: 100, align: 'end', cell: ({ end }) => <Count value={end} /> },
  {
    id: 'records',
    head: 'Records',
    width: 140,
    align: 'end',
    from: 'tablet',
    cell: ({ begin, end }) => <Count value={end - begin} />,
  },
]
