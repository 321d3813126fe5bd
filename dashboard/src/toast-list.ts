/** What happened to what somebody asked for; it stays where it is until its time is over. Pure. */
export type Toast = Readonly<{
  id: number
  tone: 'good' | 'bad' | 'neutral'
  title: string
  detail?: string
  link?: Readonly<{ href: string; label: string }>
  /** Its progress is shown, and how it ended takes its place. */
  job?: string
}>

/** Older ones give way. */
const toastsMax = 4

export function withToast(toasts: readonly Toast[], toast: Toast): readonly Toast[] {
  const known = toasts.some(({ id }) => id === toast.id)
  return known ? toasts.map((other) => (other.id === toast.id ? toast : other)) : [...toasts, toast].slice(-toastsMax)
}

export function withoutToast(toasts: readonly Toast[], id: number): readonly Toast[] {
  return toasts.filter((toast) => toast.id !== id)
}
