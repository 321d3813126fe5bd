import type { Config } from '../config.ts'
import type { LoggerOptions } from '../telemetry/logger.ts'

export function loggerOptionsOf(
  { logLevel, logFormat }: Config,
  stream: 'stdout' | 'stderr' = 'stdout',
): LoggerOptions {
  const readable = logFormat === 'pretty' || (logFormat === 'auto' && process[stream].isTTY)
  return { level: logLevel, pretty: readable, stream }
}
