import { join } from 'node:path'
import { quickJvm } from './broker-node.ts'
import { kafkaJars } from './jars.ts'
import { runTool } from './run-tool.ts'

/** By Kafka's own tool, with all but the number of partitions as the broker has it. */
export async function createTopicsByJava(
  bootstrap: string,
  partitionsByTopic: Readonly<Record<string, number>>,
): Promise<void> {
  const jvm = [...(await quickJvm()), '-cp', join(await kafkaJars(), '*')]
  const tool = [...jvm, 'org.apache.kafka.tools.TopicCommand', '--bootstrap-server', bootstrap, '--create']
  for (const [topic, partitions] of Object.entries(partitionsByTopic)) {
    await runTool('java', [...tool, '--topic', topic, '--partitions', `${partitions}`])
  }
}
