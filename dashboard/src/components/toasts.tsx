import { createContext, useCallback, useContext, useEffect, useMemo, useState, type ReactNode } from 'react'
import { Link } from 'wouter'
import { withoutToast, withToast, type Toast } from '../toast-list.ts'
import { Icon } from './icon.tsx'
import { ToastedJob } from './toasted-job.tsx'
import { usePaused } from './use-paused.ts'

const shownMs = 8_000

type NewToast = Omit<Toast, 'id'>
const ToastContext = createContext<(toast: NewToast) => void>(() => undefined)

let lastId = 0

/** Tells what came of an action, wherever the page has gone meanwhile. */
export function useToast(): (toast: NewToast) => void {
  return useContext(ToastContext)
}

export function Toasts({ children }: { children: ReactNode }) {
  const [toasts, setToasts] = useState<readonly Toast[]>([])
  const add = useCallback((toast: NewToast) => {
    lastId += 1
    const id = lastId
    setToasts((before) => withToast(before, { ...toast, id }))
  }, [])
  const change = useMemo(
    () => ({
      replace: (toast: Toast) => setToasts((before) => withToast(before, toast)),
      dismiss: (id: number) => setToasts((before) => withoutToast(before, id)),
    }),
    [],
  )
  return (
    <ToastContext value={add}>
      {children}
      <ToastPlace toasts={toasts} change={change} />
    </ToastContext>
  )
}

type Change = Readonly<{ replace: (toast: Toast) => void; dismiss: (id: number) => void }>

/** They go together once nobody points at them; who reads, or has the focus in one, keeps them all. */
function ToastPlace({ toasts, change }: { toasts: readonly Toast[]; change: Change }) {
  const { paused: held, handlers } = usePaused()
  return (
    <output className="toasts" {...handlers}>
      {toasts.map((toast) => (
        <ToastBox key={toast.id} toast={toast} held={held} change={change} />
      ))}
    </output>
  )
}

function ToastBox({ toast, held, change }: { toast: Toast; held: boolean; change: Change }) {
  const { id, tone, title, detail, link, job } = toast
  // What failed stays until somebody has seen it, and so does what isn't over.
  const stays = held || tone === 'bad' || job !== undefined
  useEffect(() => {
    if (stays) return
    const timer = setTimeout(() => change.dismiss(id), shownMs)
    return () => clearTimeout(timer)
  }, [stays, id, change])
  return (
    <div className="toast" data-tone={tone}>
      <span className={`dot dot-${tone}`} />
      <div className="toast-words">
        <p className="toast-title">{title}</p>
        {detail && <p className="muted">{detail}</p>}
        {job !== undefined && <ToastedJob toast={toast} job={job} onEnd={change.replace} />}
        {link && <Link href={link.href}>{link.label}</Link>}
      </div>
      <button
        type="button"
        className="icon-button"
        aria-label={`Dismiss: ${title}`}
        onClick={({ currentTarget }) => {
          // What is removed with the focus in it tells nobody that it lost it.
          currentTarget.blur()
          change.dismiss(id)
        }}
      >
        <Icon name="close" />
      </button>
    </div>
  )
}
