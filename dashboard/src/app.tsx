import { useContext, useEffect, useRef } from 'react'
import { Route, Switch, useLocation } from 'wouter'
import { healthOf, useLive } from './api/live.ts'
import { useSession } from './api/queries.ts'
import { Boundary } from './components/boundary.tsx'
import { ConnectionNotice } from './components/live-state.tsx'
import { Nav } from './components/nav.tsx'
import { ScrollContext } from './components/scroll.ts'
import { Toasts } from './components/toasts.tsx'
import { Topbar } from './components/topbar.tsx'
import { ActivityView } from './views/activity.tsx'
import { DeadLetterView } from './views/dead-letter.tsx'
import { DeadLettersView } from './views/dead-letters.tsx'
import { FraudView } from './views/fraud.tsx'
import { JobView } from './views/job.tsx'
import { NotFoundView } from './views/not-found.tsx'
import { OrderView } from './views/order.tsx'
import { OrdersView } from './views/orders.tsx'
import { OverviewView } from './views/overview.tsx'
import { PaymentsView } from './views/payments.tsx'
import { PipelineView } from './views/pipeline.tsx'
import { ReconciliationView } from './views/reconciliation.tsx'
import { SignInView } from './views/sign-in.tsx'

export function App() {
  const { data: session } = useSession()
  return session?.tokens_required && session.role === null ? <SignInView /> : <Shell />
}

function Shell() {
  const mainRef = useRef<HTMLElement>(null)
  const [path] = useLocation()
  const health = useLive(healthOf)
  return (
    <ScrollContext value={mainRef}>
      <a className="skip" href="#main">
        Skip to the content
      </a>
      <Toasts>
        <div className="shell" data-health={health}>
          <Topbar />
          <Nav />
          <main id="main" ref={mainRef} tabIndex={-1}>
            <Boundary key={path}>
              <FromTop />
              <div className="view">
                <Views />
              </div>
            </Boundary>
          </main>
        </div>
      </Toasts>
      <ConnectionNotice />
    </ScrollContext>
  )
}

/** The router leaves `%2F` as it is, so that it can tell segments apart, and decodes all else. */
function lastSegment(): string {
  const segment = window.location.pathname.split('/').at(-1) ?? ''
  try {
    return decodeURIComponent(segment)
  } catch {
    return segment
  }
}

/** Another page begins at its top. */
function FromTop() {
  const scrollRef = useContext(ScrollContext)
  useEffect(() => {
    scrollRef.current?.scrollTo(0, 0)
  }, [scrollRef])
  return null
}

function Views() {
  return (
    <Switch>
      <Route path="/" component={OverviewView} />
      <Route path="/orders" component={OrdersView} />
      <Route path="/orders/:id">{({ id }) => <OrderView orderId={id} />}</Route>
      <Route path="/fraud" component={FraudView} />
      <Route path="/payments" component={PaymentsView} />
      <Route path="/dead-letters" component={DeadLettersView} />
      <Route path="/dead-letters/:id">{() => <DeadLetterView id={lastSegment()} />}</Route>
      <Route path="/pipeline" component={PipelineView} />
      <Route path="/reconciliation" component={ReconciliationView} />
      <Route path="/activity" component={ActivityView} />
      <Route path="/activity/:id">{() => <JobView id={lastSegment()} />}</Route>
      <Route component={NotFoundView} />
    </Switch>
  )
}
