import { Presets, SingleBar } from 'cli-progress'

export type Bar = Readonly<{ update: (bytes: number, lines: number) => void }> & Disposable

/** On a terminal alone, and on stderr, so that stdout holds the result and nothing else. */
export function openBar(totalBytes: number, doneBytes: number): Bar {
  if (!process.stderr.isTTY) return { update: () => {}, [Symbol.dispose]: () => {} }
  const format = '{bar} {percentage}%  {lines} lines  {eta_formatted}'
  const bar = new SingleBar({ format, stream: process.stderr, hideCursor: true }, Presets.shades_classic)
  bar.start(totalBytes, doneBytes, { lines: 0 })
  return {
    update: (bytes, lines) => bar.update(bytes, { lines }),
    [Symbol.dispose]: () => bar.stop(),
  }
}
