import { existsSync } from 'node:fs'
import { basename } from 'node:path'
import { fileURLToPath } from 'node:url'
import { storeFile } from '../../compose/data-files.ts'
import { checkGateway } from '../../compose/gateway.ts'
import {
  checkLog,
  checkStore,
  findBehind,
  isDataDirLocked,
  type Damage,
  type GroupBehind,
} from '../../compose/inspect.ts'
import { findServer } from '../../compose/server-file.ts'
import type { Config } from '../../config.ts'
import type { KafkaConfig } from '../../config/read-kafka.ts'
import { groupDigits } from '../output.ts'
import type { Check } from './check.ts'
import { behindCheck, couchbaseChecks } from './couchbase-checks.ts'
import { gatewayChecks } from './gateway-checks.ts'
import { kafkaChecks } from './kafka-checks.ts'
import { checkDirectory, checkPort, checkSpace } from './machine-checks.ts'

const nodeMajorMin = 24
/** One shows that something is damaged; a damaged file may have thousands. */
const findingsMax = 3
const pageFile = fileURLToPath(new URL('../../../dashboard/dist/index.html', import.meta.url))

export async function runChecks(config: Config): Promise<readonly Check[]> {
  const { kafka, couchbase } = config
  // A process whose log and store are elsewhere writes nowhere.
  const directory = kafka && couchbase ? [] : [await checkDirectory(config)]
  const start = [checkNode(process.versions.node), ...directory, checkPage()]
  // Every other check would fail for the same reason.
  if (directory.some(({ status }) => status === 'fail')) return [...start, await checkPort(config, undefined)]
  if (directory.length > 0) start.push(await checkSpace(config))
  const gateway = gatewayChecks(await checkGateway(config))
  if (kafka) return [...start, ...(await checksOnKafka({ ...config, kafka })), ...gateway]
  const server = findServer(config.dataDir)
  const [log, store] = [await checkLog(config), await checkStore(config)]
  const isSound = log?.length === 0 && !store?.length
  return [
    ...start,
    checkLock(config, server),
    await checkPort(config, server),
    fileCheck('log', log, logAdvice),
    storeCheck(
      store,
      isSound ? await findBehind(config) : [],
      server === undefined ? 'the next start catches' : 'the server catches',
      storeFile(config),
    ),
    ...gateway,
  ]
}

async function checksOnKafka(config: Config & Readonly<{ kafka: KafkaConfig }>): Promise<readonly Check[]> {
  const { inspectKafka } = await import('../../compose/inspect-kafka.ts')
  const report = await inspectKafka(config)
  const start = [await checkPort(config, undefined), ...kafkaChecks(report, config.topic)]
  const behind = report.behind.answer ?? []
  if (report.store) return [...start, ...couchbaseChecks(report.store, behind, config)]
  const store = await checkStore(config)
  return [...start, storeCheck(store, store?.length === 0 ? behind : [], 'the services catch', storeFile(config))]
}

function checkNode(version: string): Check {
  const isOld = Number.parseInt(version, 10) < nodeMajorMin
  if (!isOld) return { name: 'node', status: 'ok', detail: `Node ${version}` }
  return {
    name: 'node',
    status: 'fail',
    detail: `Node ${version} is too old`,
    advice: `use ${nodeMajorMin} or newer; "npm ci" brings one, which "npm start" and "npx ordermill" run on`,
  }
}

function checkPage(): Check {
  if (existsSync(pageFile)) return { name: 'page', status: 'ok', detail: 'built' }
  return { name: 'page', status: 'warn', detail: 'not built', advice: 'run "npm run build"; the API works without it' }
}

function checkLock(config: Config, server: string | undefined): Check {
  const name = 'lock'
  if (server !== undefined) return { name, status: 'ok', detail: `held by the server at ${server}` }
  if (!isDataDirLocked(config)) return { name, status: 'ok', detail: 'free: no process writes to the data directory' }
  return {
    name,
    status: 'warn',
    detail: 'held by a process that is no server, such as an import',
    advice: 'wait until it is done, or stop it, before you start the server',
  }
}

function fileCheck(name: string, damage: Damage, advice: string): Check {
  if (damage === undefined) return { name, status: 'ok', detail: 'not there yet: it is made at the first start' }
  if (damage.length === 0) return { name, status: 'ok', detail: 'sound' }
  const rest = damage.length - findingsMax
  const findings = [...damage.slice(0, findingsMax), ...(rest > 0 ? [`and ${groupDigits(rest)} more`] : [])]
  return { name, status: 'fail', detail: 'damaged', advice, findings }
}

/** `whoCatches` a store up, such as "the server catches". */
function storeCheck(damage: Damage, behind: readonly GroupBehind[], whoCatches: string, file: string): Check {
  const name = 'store'
  const check = fileCheck(name, damage, storeAdvice(basename(file)))
  if (check.status === 'fail') return check
  if (behind.length > 0) return behindCheck(behind, whoCatches)
  return damage === undefined ? check : { ...check, detail: 'sound, and its totals are those of its orders' }
}

const logAdvice = 'stop the server, keep a copy of the data directory, and restore it from a backup'

function storeAdvice(file: string): string {
  return `stop what runs on it and move ${file}, ${file}-wal and ${file}-shm away: it is made again from the log`
}
