const windowMs = 5_000

type Sample = Readonly<{ atMs: number; value: number }>

/** Growth a second of named counters, over the last five seconds; 0 until there are two samples. */
export function rateMeter(): (name: string, value: number, atMs: number) => number {
  const samplesByName = new Map<string, readonly Sample[]>()
  return (name, value, atMs) => {
    const recent = (samplesByName.get(name) ?? []).filter((sample) => sample.atMs >= atMs - windowMs)
    const oldest = recent[0]
    samplesByName.set(name, [...recent, { atMs, value }])
    if (!oldest || oldest.atMs === atMs) return 0
    const perSecond = ((value - oldest.value) * 1000) / (atMs - oldest.atMs)
    return Math.max(0, Math.round(perSecond * 10) / 10)
  }
}
