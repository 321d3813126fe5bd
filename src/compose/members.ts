/**
 * Members of a group in one process on Kafka. A member does one thing at a time: it waits while its transaction ends,
 * which takes a few round trips. Meanwhile the other one decides, charges and stores. Measured: decision 8.
 */
export const membersOnKafka = 2

/**
 * Runs `count` members side by side until `signal`. One that fails ends the others, once their batches are done.
 *
 * @throws what the first one that failed threw
 */
export async function asMembers(
  count: number,
  signal: AbortSignal,
  run: (signal: AbortSignal) => Promise<void>,
): Promise<void> {
  const failed = new AbortController()
  const together = AbortSignal.any([signal, failed.signal])
  const runOne = async (): Promise<void> => {
    try {
      await run(together)
    } catch (error) {
      failed.abort()
      throw error
    }
  }
  const ends = await Promise.allSettled(Array.from({ length: count }, runOne))
  for (const end of ends) if (end.status === 'rejected') throw end.reason
}
