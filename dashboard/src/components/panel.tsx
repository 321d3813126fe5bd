import { useId, type ReactNode } from 'react'

/** A framed part of a view, with its name and what can be done to it. */
export function Panel(props: {
  title: string
  note?: ReactNode
  actions?: ReactNode
  className?: string
  children: ReactNode
}) {
  const { title, note, actions, className = '', children } = props
  const id = useId()
  return (
    <section className={`panel ${className}`} aria-labelledby={id}>
      <header className="panel-head">
        <h2 id={id}>{title}</h2>
        {note && <span className="muted panel-note">{note}</span>}
        {actions && <div className="panel-actions">{actions}</div>}
      </header>
      {children}
    </section>
  )
}
