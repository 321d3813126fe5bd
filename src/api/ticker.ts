/** Never rejects: whoever listens deals with its own failures. */
type Listener = () => Promise<void>

export type Ticker = Readonly<{ subscribe: (listener: Listener) => () => void }>

/**
 * Calls its listeners again and again with `tickMs` between two rounds, and costs nothing while there are none.
 * The first listener of an idle ticker is called at once.
 */
export function newTicker(tickMs: number): Ticker {
  const listeners = new Set<Listener>()
  let isRunning = false

  async function run(): Promise<void> {
    await Promise.all([...listeners].map((listener) => listener()))
    if (listeners.size > 0) setTimeout(() => void run(), tickMs)
    else isRunning = false
  }

  return {
    subscribe(listener) {
      listeners.add(listener)
      if (!isRunning) {
        isRunning = true
        void run()
      }
      return () => listeners.delete(listener)
    },
  }
}
