import { copyFile, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { cached } from './cache.ts'
import { jarsName, kafkaJars } from './jars.ts'
import { runTool } from './run-tool.ts'
import { serverProperties } from './server-properties.ts'

const clusterId = 'b3JkZXJtaWxsLXRlc3Rz'.padEnd(22, 'A')
const checkpoint = 'bootstrap.checkpoint'

/**
 * What Kafka's storage tool does, without the second that its JVM takes: all that it writes for a cluster with fixed
 * voters is the cluster's and the node's id, and the features of the release, which are the same every time.
 */
export async function formatData(dataDir: string, nodeId: number): Promise<void> {
  const template = await cached(`${jarsName}-formatted`, fillTemplate)
  await mkdir(dataDir)
  await copyFile(join(template, checkpoint), join(dataDir, checkpoint))
  await writeFile(join(dataDir, 'meta.properties'), `version=1\ncluster.id=${clusterId}\nnode.id=${nodeId}\n`)
}

/** Formats by Kafka's own tool, with SCRAM users: `SCRAM-SHA-256=[name=alice,password=...]`. */
export async function formatDataWithUsers(propertiesFile: string, scramUsers: readonly string[]): Promise<void> {
  const users = scramUsers.flatMap((user) => ['--add-scram', user])
  const args = ['format', '--cluster-id', clusterId, '--config', propertiesFile, ...users]
  const quick = ['-XX:TieredStopAtLevel=1', '-Dorg.slf4j.simpleLogger.defaultLogLevel=warn']
  await runTool('java', [...quick, '-cp', join(await kafkaJars(), '*'), 'kafka.tools.StorageTool', ...args])
}

async function fillTemplate(directory: string): Promise<void> {
  const workDir = await mkdtemp(join(tmpdir(), 'ordermill-kafka-format-'))
  try {
    const dataDir = join(workDir, 'data')
    const propertiesFile = join(workDir, 'server.properties')
    const listeners = [{ name: 'PLAINTEXT', protocol: 'PLAINTEXT', port: 1 }] as const
    const plan = { id: 1, controllerPort: 2, listeners, voters: ['1@127.0.0.1:2'], dataDir, properties: {} }
    await writeFile(propertiesFile, serverProperties(plan))
    await formatDataWithUsers(propertiesFile, [])
    await copyFile(join(dataDir, checkpoint), join(directory, checkpoint))
  } finally {
    await rm(workDir, { recursive: true, force: true })
  }
}
