import type { Config } from '../config.ts'
import type { RunningServer } from '../compose/server.ts'
import { version } from './version.ts'

/** What runs, and where it is found. `parts` are those that run in this process. */
export function bannerLines(
  config: Config,
  { url, hasPage }: Pick<RunningServer, 'url' | 'hasPage'>,
  parts: string,
  dataNote = '',
): readonly string[] {
  return [
    titleLine(config, parts),
    `  Page   ${hasPage ? url : 'not built: run "npm run build", then start again'}`,
    `  API    ${url}/api/v1/totals  (description: ${url}/api/openapi.json)`,
    `  Data   ${config.dataDir}${dataNote}`,
    '  Stop   Ctrl-C',
  ]
}

export function titleLine({ kafka, couchbase }: Config, parts: string): string {
  const store = couchbase ? ` and Couchbase at ${couchbase.connectionString}` : ''
  return `Ordermill ${version}, ${kafka ? `on Kafka at ${kafka.bootstrap.join(', ')}${store}` : 'embedded'}: ${parts}`
}
