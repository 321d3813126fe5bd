import { type ErrorCode } from '../errors.ts'

/** 0 done, 1 failed, 2 wrong usage or configuration, 3 done but some input was refused. */
export const exitCodes = { done: 0, failed: 1, usage: 2, refusedInput: 3 } as const
export type ExitCode = (typeof exitCodes)[keyof typeof exitCodes]

const usageCodes: ReadonlySet<ErrorCode> = new Set(['CONFIG_INVALID', 'USAGE', 'LOG_REFUSED', 'STORE_REFUSED'])

export function exitCodeOf(code: ErrorCode): ExitCode {
  return usageCodes.has(code) ? exitCodes.usage : exitCodes.failed
}
