import type { ReactNode } from 'react'

/** Text as it is, which scrolls by itself. */
export function Code({ label, children }: { label: string; children: ReactNode }) {
  return (
    // What scrolls must be reached without a pointer.
    // oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex
    <section className="code" aria-label={label} tabIndex={0}>
      <pre>{children}</pre>
    </section>
  )
}
