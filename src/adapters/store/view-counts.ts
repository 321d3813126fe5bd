export type ViewCounts = Readonly<{ alerts: number; deadLetters: number }>

export const noViews: ViewCounts = { alerts: 0, deadLetters: 0 }

export function addViewCounts(a: ViewCounts, b: ViewCounts): ViewCounts {
  return { alerts: a.alerts + b.alerts, deadLetters: a.deadLetters + b.deadLetters }
}
