/** Holds whoever waits for it until it is opened; stays open then. */
export type Gate = Readonly<{ open: () => void; opened: Promise<void> }>

export function gate(): Gate {
  const { promise, resolve } = Promise.withResolvers<void>()
  return { open: () => resolve(), opened: promise }
}
