import { opcodes, statuses, withValue, type Frame } from './memcached-frame.ts'

/** Where the SDK is told to go. */
export type Services = Readonly<{
  kvPort: number
  /** Of 127.0.0.1. None: the server has no query service. */
  queryPort: number | undefined
}>

type Config = Readonly<{
  nodesExt?: readonly Readonly<{ services: Readonly<Record<string, number>> }>[]
  nodes?: readonly Readonly<{ ports?: Readonly<Record<string, number>> }>[]
  vBucketServerMap?: Readonly<{ serverList: readonly string[] }>
}>

/** The reply's bytes; where it tells a client the way to a cluster of one node, they name our services instead. */
export function leadingTo(services: Services, reply: Frame): Buffer {
  const tells = reply.opcode === opcodes.getClusterConfig || reply.status === statuses.notMyVbucket
  if (!tells || !String(reply.value).startsWith('{')) return reply.bytes
  const config = rewritten(JSON.parse(String(reply.value)) as Config, services)
  return withValue(reply, Buffer.from(JSON.stringify(config)))
}

/**
 * The SDK looks at `nodesExt` and `serverList`; `nodes` is what older ones do. The mock's other services lead around the
 * proxy, and some of their answers abort the SDK's process.
 */
function rewritten(config: Config, { kvPort, queryPort }: Services): Config {
  const { nodesExt, nodes, vBucketServerMap } = config
  const services = { kv: kvPort, ...(queryPort !== undefined && { n1ql: queryPort }) }
  return {
    ...config,
    ...(nodesExt && { nodesExt: nodesExt.map((node) => ({ ...node, services })) }),
    ...(nodes && { nodes: nodes.map((node) => ({ ...node, ports: { direct: kvPort } })) }),
    ...(vBucketServerMap && { vBucketServerMap: { ...vBucketServerMap, serverList: [`127.0.0.1:${kvPort}`] } }),
  }
}
