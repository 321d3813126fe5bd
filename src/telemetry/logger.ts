import pino, { type Logger } from 'pino'
import pretty from 'pino-pretty'

export type { Logger } from 'pino'

export const logLevels = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'] as const
export type LogLevel = (typeof logLevels)[number]

export type LoggerOptions = Readonly<{
  level: LogLevel
  pretty: boolean
  /** Of a program whose standard output is read by others; standard output when left out. */
  stream?: 'stdout' | 'stderr'
}>

/** Members that may hold a secret, wherever they are in what is logged. */
const secretMembers = ['password', 'secret', 'token', 'authorization', 'cookie', 'set-cookie']

/** Structured logs, one JSON object a line; for a person at a terminal, readable ones. */
export function createLogger({ level, pretty: readable, stream = 'stdout' }: LoggerOptions): Logger {
  const options = {
    level,
    base: null,
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: { level: (label: string) => ({ level: label }) },
    redact: {
      paths: secretMembers.flatMap((name) => [`["${name}"]`, `*["${name}"]`, `*.*["${name}"]`]),
      censor: '[redacted]',
    },
  }
  const fd = stream === 'stdout' ? 1 : 2
  // Synchronous: a line that tells why a process ends must be out before it does.
  const destination = readable
    ? pretty({
        colorize: process[stream].isTTY,
        translateTime: 'SYS:HH:MM:ss.l',
        sync: true,
        singleLine: true,
        destination: fd,
      })
    : pino.destination({ fd, sync: true })
  return pino(options, destination)
}
