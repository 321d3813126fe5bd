import { randomBytes } from 'node:crypto'
import { rm } from 'node:fs/promises'
import { freePorts, untilPortsAreFree } from '../free-port.ts'
import { nodeDirectory, startNode, type Broker } from './broker-node.ts'
import { clientName, keyStore, makeCertificates, type Certificates } from './certificates.ts'
import type { Listener, Properties } from './server-properties.ts'

export type User = Readonly<{ name: string; password: string }>

export type SecureBroker = Readonly<{
  /** Its own `bootstrap` asks for nothing and may do everything: for what a test prepares and judges. */
  broker: Broker
  /** SASL_SSL with PLAIN, SCRAM-SHA-256 and SCRAM-SHA-512. */
  sasl: string
  /** SSL for those who show `certificates.client`. */
  mutualTls: string
  /** As `sasl`, but shows a certificate for another host. */
  wrongHost: string
  /** May do everything, like the owner of `certificates.client`. */
  user: User
  /** Is let in and may do nothing: no topic, no group, no transaction. */
  powerlessUser: User
  certificates: Certificates
  stop: () => Promise<void>
}>

const mechanisms = ['PLAIN', 'SCRAM-SHA-256', 'SCRAM-SHA-512'] as const
const modules = 'org.apache.kafka.common.security'

/** With certificates and passwords made for it. */
export function startSecureBroker(properties: Properties = {}): Promise<SecureBroker> {
  return untilPortsAreFree(() => startSecureBrokerOnce(properties))
}

async function startSecureBrokerOnce(properties: Properties): Promise<SecureBroker> {
  const directory = await nodeDirectory()
  try {
    return await startSecureBrokerIn(directory, properties)
  } catch (error) {
    await rm(directory, { recursive: true, force: true })
    throw error
  }
}

async function startSecureBrokerIn(directory: string, properties: Properties): Promise<SecureBroker> {
  const certificates = await makeCertificates(directory)
  const user = { name: 'ordermill', password: newPassword() }
  const powerlessUser = { name: 'powerless', password: newPassword() }
  const users = [user, powerlessUser]
  const [controllerPort = 0, ...ports] = await freePorts(5)
  const [direct = 0, sasl = 0, mutualTls = 0, wrongHost = 0] = ports
  const listeners: readonly Listener[] = [
    { name: 'DIRECT', protocol: 'PLAINTEXT', port: direct },
    { name: 'SASL', protocol: 'SASL_SSL', port: sasl },
    { name: 'MUTUAL', protocol: 'SSL', port: mutualTls },
    { name: 'WRONGHOST', protocol: 'SASL_SSL', port: wrongHost },
  ]
  const secured: Properties = {
    ...rights(user),
    ...(await tls(certificates)),
    ...saslOn('sasl', users),
    ...saslOn('wronghost', users),
    ...properties,
  }
  const plan = { id: 1, controllerPort, listeners, voters: [`1@127.0.0.1:${controllerPort}`], properties: secured }
  const broker = await startNode({ plan, directory, scramUsers: users.flatMap(scramCredentials) })
  const at = (port: number): string => `127.0.0.1:${port}`
  return {
    broker,
    sasl: at(sasl),
    mutualTls: at(mutualTls),
    wrongHost: at(wrongHost),
    user,
    powerlessUser,
    certificates,
    stop: broker.stop,
  }
}

/** ANONYMOUS is who comes to the plain listeners: the controller, the judge. */
function rights({ name }: User): Properties {
  return {
    'authorizer.class.name': 'org.apache.kafka.metadata.authorizer.StandardAuthorizer',
    'allow.everyone.if.no.acl.found': false,
    'super.users': ['ANONYMOUS', name, `CN=${clientName}`].map((principal) => `User:${principal}`).join(';'),
  }
}

async function tls({ ca, server, wrongHost }: Certificates): Promise<Properties> {
  return {
    'ssl.keystore.type': 'PEM',
    'ssl.keystore.location': await keyStore(server),
    'ssl.truststore.type': 'PEM',
    'ssl.truststore.location': ca.certificate,
    'listener.name.mutual.ssl.client.auth': 'required',
    'listener.name.wronghost.ssl.keystore.type': 'PEM',
    'listener.name.wronghost.ssl.keystore.location': await keyStore(wrongHost),
  }
}

function saslOn(listener: string, users: readonly User[]): Properties {
  const prefix = `listener.name.${listener}`
  const passwords = users.map(({ name, password }) => `user_${name}="${password}"`).join(' ')
  const scram = `${modules}.scram.ScramLoginModule required;`
  return {
    [`${prefix}.sasl.enabled.mechanisms`]: mechanisms.join(','),
    [`${prefix}.plain.sasl.jaas.config`]: `${modules}.plain.PlainLoginModule required ${passwords};`,
    [`${prefix}.scram-sha-256.sasl.jaas.config`]: scram,
    [`${prefix}.scram-sha-512.sasl.jaas.config`]: scram,
  }
}

function scramCredentials({ name, password }: User): readonly string[] {
  return ['SCRAM-SHA-256', 'SCRAM-SHA-512'].map((mechanism) => `${mechanism}=[name=${name},password=${password}]`)
}

function newPassword(): string {
  return randomBytes(12).toString('hex')
}
