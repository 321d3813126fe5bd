import { Presets, SingleBar } from 'cli-progress'

export type WorkBar = Readonly<{ update: (done: number, total: number, detail: string) => void }> & Disposable

/** On a terminal alone, and on stderr, so that stdout holds the result and nothing else. */
export function openWorkBar(): WorkBar {
  if (!process.stderr.isTTY) return { update: () => {}, [Symbol.dispose]: () => {} }
  const format = '{bar} {percentage}%  {value} records  {rate}/s  {eta_formatted}  {detail}'
  const bar = new SingleBar({ format, stream: process.stderr, hideCursor: true }, Presets.shades_classic)
  const startedMs = performance.now()
  bar.start(1, 0, { rate: 0, detail: '' })
  return {
    update(done, total, detail) {
      const seconds = (performance.now() - startedMs) / 1000
      bar.setTotal(Math.max(total, 1))
      bar.update(done, { rate: seconds > 0 ? Math.round(done / seconds) : 0, detail })
    },
    [Symbol.dispose]: () => bar.stop(),
  }
}
