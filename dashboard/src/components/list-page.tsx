import { useContext, useEffect, useRef, useState, type ReactNode, type RefObject } from 'react'
import { usePages } from '../api/queries.ts'
import type { Query } from '../api/client.ts'
import { formatCount } from '../format.ts'
import { ExportMenu } from './export-menu.tsx'
import { Icon } from './icon.tsx'
import { Failure, useFailure } from './query-state.tsx'
import { ScrollContext } from './scroll.ts'
import { Table } from './table.tsx'
import type { TableProps } from './table-column.ts'
import { usePaused } from './use-paused.ts'
import { useTitle } from './use-title.ts'

type ListPageProps<Row> = Pick<TableProps<Row>, 'columns' | 'rowKey' | 'rowHref' | 'sorting' | 'selection'> &
  Readonly<{
    title: string
    note?: ReactNode
    path: string
    /** Must stay the same object while it says the same. */
    query: Query
    /** How many there are in all by the live totals; undefined where that doesn't tell whether this list has news. */
    total: number | undefined
    /** How often it is asked for again where no total tells of news. */
    everyMs?: number
    filters?: ReactNode
    /** What can be done with all that match, beside the refresh. */
    actions?: ReactNode
    /** The list can be had as a file, at `path`/export. */
    exported?: boolean
    empty: ReactNode
  }>

/** A keyset-paged list with its filters: newest first it follows along, and waits while somebody reads. */
export function ListPage<Row>(props: ListPageProps<Row>) {
  const { title, note, path, query, total, everyMs, filters, actions, exported = false, empty, ...table } = props
  useTitle(title)
  const scrollRef = useContext(ScrollContext)
  const { pages, restart } = usePages<Row>(path, query, everyMs)
  const error = useFailure(pages)
  const { paused: isRead, handlers } = usePaused()
  const paused = useScrolled(scrollRef) || isRead
  const waiting = useNews({ total, first: pages.data?.first, paused, restart })
  function showNewest(): Promise<void> {
    scrollRef.current?.scrollTo(0, 0)
    return restart()
  }
  const nothing = pages.data?.rows.length === 0 && !pages.hasNextPage
  return (
    <>
      <header className="view-head">
        <h1>{title}</h1>
        <span className="muted view-note">{note}</span>
        <div className="view-actions">
          {actions}
          {exported && <ExportMenu path={path} query={query} />}
          <button type="button" className="button" onClick={() => void showNewest()}>
            <Icon name="refresh" />
            <span className="num">{paused && waiting > 0 ? `Show ${formatCount(waiting)} new` : 'Refresh'}</span>
          </button>
        </div>
      </header>
      {filters}
      <div className="panel list" data-fading={pages.isPlaceholderData || undefined} {...handlers}>
        {error ? (
          <Failure error={error} busy={pages.isFetching} onRetry={() => void pages.refetch()} />
        ) : nothing ? (
          empty
        ) : (
          <Table {...table} label={title} rows={pages.data?.rows} scrollRef={scrollRef} skeletonRows={12} />
        )}
      </div>
      {!nothing && <More key={pages.data?.pageCount} pages={pages} />}
    </>
  )
}

type Pages = ReturnType<typeof usePages>['pages']

/** Asks for the next page as soon as the end comes near; the button is for who doesn't scroll. */
function More({ pages }: { pages: Pick<Pages, 'data' | 'hasNextPage' | 'isFetching' | 'fetchNextPage' | 'error'> }) {
  const { data, hasNextPage, isFetching, fetchNextPage, error } = pages
  const footRef = useRef<HTMLDivElement>(null)
  const scrollRef = useContext(ScrollContext)
  const mayLoad = hasNextPage && !isFetching && !error
  useEffect(() => {
    const foot = footRef.current
    if (!foot || !mayLoad) return
    const observer = new IntersectionObserver(
      (entries) => {
        if (entries.some(({ isIntersecting }) => isIntersecting)) void fetchNextPage()
      },
      { root: scrollRef.current, rootMargin: '400px' },
    )
    observer.observe(foot)
    return () => observer.disconnect()
  }, [mayLoad, fetchNextPage, scrollRef])
  return (
    <div className="list-foot muted" ref={footRef}>
      {hasNextPage && (
        <button type="button" className="button" disabled={isFetching} onClick={() => void fetchNextPage()}>
          {isFetching ? 'Loading…' : 'Load more'}
        </button>
      )}
      {data && !hasNextPage && <span className="num">{endText(data)}</span>}
    </div>
  )
}

function endText({ rows, cutOff }: { rows: readonly unknown[]; cutOff: boolean }): string {
  const shown = formatCount(rows.length)
  return cutOff ? `The first ${shown} are shown. Filter to find others.` : `All ${shown} shown`
}

function useScrolled(scrollRef: RefObject<HTMLElement | null>): boolean {
  const [scrolled, setScrolled] = useState(false)
  useEffect(() => {
    const element = scrollRef.current
    if (!element) return
    const look = () => setScrolled(element.scrollTop > 0)
    look()
    element.addEventListener('scroll', look, { passive: true })
    return () => element.removeEventListener('scroll', look)
  }, [scrollRef])
  return scrolled
}

/** Pause between two looks at a list that changes all the time. */
const followMs = 2_000

/** How many came since the first page was read; fetches them by itself unless `paused`. */
function useNews(news: {
  total: number | undefined
  first: unknown
  paused: boolean
  restart: () => Promise<void>
}): number {
  const { total, first, paused, restart } = news
  const [basis, setBasis] = useState<{ first: unknown; total: number }>()
  if (total !== undefined && first !== undefined && basis?.first !== first) setBasis({ first, total })
  const waiting = total === undefined || !basis ? 0 : Math.max(total - basis.total, 0)
  const follow = waiting > 0 && !paused
  useEffect(() => {
    if (!follow) return
    const timer = setInterval(() => void restart(), followMs)
    return () => clearInterval(timer)
  }, [follow, restart])
  return waiting
}
