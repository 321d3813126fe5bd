/**
 * Whether anybody answers at the gateway's host, whatever the answer is. It is asked for nothing and told nothing: no charge,
 * no path, no token.
 *
 * @returns the status of the answer
 */
export async function probeGateway(origin: string, timeoutMs: number): Promise<number> {
  const response = await fetch(origin, {
    method: 'HEAD',
    redirect: 'manual',
    signal: AbortSignal.timeout(timeoutMs),
  })
  await response.body?.cancel()
  return response.status
}
