import { Link } from 'wouter'
import { useLive } from '../api/live.ts'
import { PipelineStrip } from '../components/pipeline-strip.tsx'
import { useTitle } from '../components/use-title.ts'
import { Breakdown } from './overview-breakdown.tsx'
import { NewestAlerts, NewestOrders } from './overview-newest.tsx'
import { MinutePanel } from './overview-minutes.tsx'
import { StatusLine } from './overview-status-line.tsx'
import { Tiles } from './overview-tiles.tsx'

export function OverviewView() {
  useTitle('Overview')
  const pipeline = useLive(({ snapshot }) => snapshot?.pipeline)
  return (
    <>
      <h1 className="visually-hidden">Overview</h1>
      <StatusLine />
      <Tiles />
      <div className="overview-charts">
        <MinutePanel />
        <Breakdown />
      </div>
      <div className="overview-newest">
        <NewestOrders />
        <NewestAlerts />
      </div>
      <PipelineStrip title="Pipeline" pipeline={pipeline} actions={<Link href="/pipeline">View all</Link>} />
    </>
  )
}
