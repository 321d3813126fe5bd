/** For a container's HEALTHCHECK: exit 0 when the process in it answers. A service that listens nowhere can't be asked. */
const port = process.env['ORDERMILL_HEALTH_PORT'] || process.env['PORT'] || '8000'
const answerWithinMs = 4_000

const response = await fetch(`http://127.0.0.1:${port}/livez`, { signal: AbortSignal.timeout(answerWithinMs) }).catch(
  () => undefined,
)
process.exitCode = response?.ok ? 0 : 1
