import { Command } from 'commander'
import { readConfig } from '../config.ts'
import type { CliCommand, Environment } from './cli-command.ts'
import { jsonOption } from './options.ts'
import { countText, note, print } from './output.ts'

type Options = Readonly<{ dryRun?: true; json?: true }>

export const storeCommand: CliCommand = (environment) =>
  new Command('store').description('The store on Couchbase').addCommand(storeInitCommand(environment))

function storeInitCommand(environment: Environment): Command {
  return new Command('init')
    .description('Make scope, collections and indexes in the bucket; what is there stays')
    .option('--dry-run', 'only print the statements')
    .addOption(jsonOption())
    .action(async ({ dryRun, json }: Options) => {
      const { storeInit } = await import('../compose/store-init.ts')
      const { statements, run } = storeInit(readConfig(environment, { isHalf: true }))
      if (dryRun) return print(...(json ? [JSON.stringify({ statements })] : statements.map((text) => `${text};`)))
      const { indexes } = await run()
      if (!indexes) note('no query service on this cluster: no index was made, so that filters and sorts are refused')
      print(json ? JSON.stringify({ statements, indexes }) : `ready: ${countText(statements.length, 'statement')}`)
    })
}
