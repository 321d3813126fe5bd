import { QueryCache, QueryClient, QueryClientProvider } from '@tanstack/react-query'
import { StrictMode } from 'react'
import { createRoot } from 'react-dom/client'
import './styles/tokens.css'
import './styles/base.css'
import './styles/shell.css'
import './styles/parts.css'
import './styles/table.css'
import './styles/filters.css'
import './styles/overview.css'
import './styles/detail.css'
import './styles/dialog.css'
import './styles/operations.css'
import { ApiError } from './api/client.ts'
import { LiveContext, openLive } from './api/live.ts'
import { App } from './app.tsx'

const retriesMax = 2

const queryClient = new QueryClient({
  queryCache: new QueryCache({ onSuccess: () => live.heard() }),
  defaultOptions: {
    queries: {
      // The server may be this machine: being offline says nothing about whether it answers.
      networkMode: 'always',
      retry: (failures, error) => failures < retriesMax && mayPass(error),
      staleTime: 1_000,
    },
  },
})

/**
 * What the request asks for is at fault below 500, and asking again changes nothing; too many requests is no fault. What the
 * store can't do (501), it can't do a second later.
 */
function mayPass(error: Error): boolean {
  return (
    error instanceof ApiError &&
    (error.status === 0 || (error.status >= 500 && error.status !== 501) || error.status === 429)
  )
}

const live = openLive('/api/v1/stream', () => void queryClient.invalidateQueries())

const root = document.getElementById('root')
if (!root) throw new Error('index.html has no #root')
createRoot(root).render(
  <StrictMode>
    <QueryClientProvider client={queryClient}>
      <LiveContext value={live}>
        <App />
      </LiveContext>
    </QueryClientProvider>
  </StrictMode>,
)
