import type { Config } from '../config.ts'
import type { LoggerOptions } from '../telemetry/logger.ts'

export function loggerOptionsOf({ logLevel, logFormat }: Config): LoggerOptions {
  const readable = logFormat === 'pretty' || (logFormat === 'auto' && process.stdout.isTTY)
  return { level: logLevel, pretty: readable }
}
