import { Link } from 'wouter'
import { Empty } from '../components/query-state.tsx'
import { useTitle } from '../components/use-title.ts'

export function NotFoundView() {
  useTitle('Not found')
  return (
    <div className="panel">
      <h1 className="visually-hidden">Not found</h1>
      <Empty icon="search" title="There is nothing at this address">
        <Link href="/">Go to the overview</Link>
      </Empty>
    </div>
  )
}
