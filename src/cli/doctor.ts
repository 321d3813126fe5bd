import { Command } from 'commander'
import { configOf, withWhere, type WhereOptions } from './connection.ts'
import type { Check } from './doctor/check.ts'
import { runChecks } from './doctor/checks.ts'
import { exitCodes } from './exit-codes.ts'
import { jsonOption } from './options.ts'
import { print } from './output.ts'
import type { CliCommand } from './cli-command.ts'

export const doctorCommand: CliCommand = (environment, done) =>
  withWhere(new Command('doctor').description('Check this machine and the data directory, and say what to do'))
    .addOption(jsonOption())
    .action(async ({ json, ...where }: WhereOptions & { json?: true }) => {
      const checks = await runChecks(configOf(environment, where))
      const hasFailed = checks.some(({ status }) => status === 'fail')
      print(...(json ? [JSON.stringify({ status: hasFailed ? 'fail' : 'ok', checks })] : checks.flatMap(checkLines)))
      if (hasFailed) done(exitCodes.failed)
    })

function checkLines({ name, status, detail, advice, findings = [] }: Check): readonly string[] {
  const line = `${status.padEnd(4)}  ${name.padEnd(9)}  ${detail}${advice === undefined ? '' : `: ${advice}`}`
  return [line, ...findings.map((finding) => `${' '.repeat(17)}${finding}`)]
}
