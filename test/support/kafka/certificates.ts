import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { runTool } from './run-tool.ts'

const days = '30'

/** Both are PEM files. */
export type KeyPair = Readonly<{ certificate: string; key: string }>

export type Certificates = Readonly<{
  ca: KeyPair
  /** Has signed nothing that the broker shows or trusts. */
  foreignCa: KeyPair
  /** For 127.0.0.1 and localhost. */
  server: KeyPair
  /** Of the right CA, for another host. */
  wrongHost: KeyPair
  client: KeyPair
  foreignClient: KeyPair
}>

export const clientName = 'ordermill-client'

/** Nothing of the system's configuration, which differs between versions. */
const configuration = `
[req]
distinguished_name = name
prompt = no
[name]
[ca]
basicConstraints = critical, CA:TRUE
keyUsage = critical, keyCertSign
subjectKeyIdentifier = hash
[server]
subjectAltName = IP:127.0.0.1, DNS:localhost
extendedKeyUsage = serverAuth
[wrong-host]
subjectAltName = DNS:elsewhere.invalid
extendedKeyUsage = serverAuth
[client]
extendedKeyUsage = clientAuth
`

/** New ones, in `directory`. */
export async function makeCertificates(directory: string): Promise<Certificates> {
  await writeFile(join(directory, 'openssl.cnf'), configuration)
  const [ca, foreignCa] = await Promise.all([makeCa(directory, 'ca'), makeCa(directory, 'foreign-ca')])
  const sign = (name: string, by: KeyPair, [extensions, subject]: readonly [string, string]): Promise<KeyPair> =>
    makeSigned({ directory, name, by, extensions, subject })
  const [server, wrongHost, client, foreignClient] = await Promise.all([
    sign('server', ca, ['server', 'localhost']),
    sign('wrong-host', ca, ['wrong-host', 'elsewhere.invalid']),
    sign('client', ca, ['client', clientName]),
    sign('foreign-client', foreignCa, ['client', clientName]),
  ])
  return { ca, foreignCa, server, wrongHost, client, foreignClient }
}

/** Key and certificate in one file, as Kafka takes them. */
export async function keyStore({ certificate, key }: KeyPair): Promise<string> {
  const file = `${certificate}.store`
  await writeFile(file, `${await readFile(key, 'utf8')}${await readFile(certificate, 'utf8')}`)
  return file
}

const newKey = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes']

async function makeCa(directory: string, name: string): Promise<KeyPair> {
  const { certificate, key } = pairOf(name)
  const args = ['req', '-x509', '-config', 'openssl.cnf', '-extensions', 'ca', '-subj', `/CN=${name}`, '-days', days]
  await runTool('openssl', [...args, ...newKey, '-keyout', key, '-out', certificate], directory)
  return { certificate: join(directory, certificate), key: join(directory, key) }
}

type Signing = Readonly<{ directory: string; name: string; by: KeyPair; extensions: string; subject: string }>

async function makeSigned({ directory, name, by, extensions, subject }: Signing): Promise<KeyPair> {
  const { certificate, key } = pairOf(name)
  const request = `${name}.csr`
  const asked = ['req', '-new', '-config', 'openssl.cnf', '-subj', `/CN=${subject}`, '-out', request]
  await runTool('openssl', [...asked, ...newKey, '-keyout', key], directory)
  const signed = ['x509', '-req', '-in', request, '-CA', by.certificate, '-CAkey', by.key, '-CAserial', `${name}.srl`]
  const made = ['-CAcreateserial', '-extfile', 'openssl.cnf', '-extensions', extensions, '-days', days]
  await runTool('openssl', [...signed, ...made, '-out', certificate], directory)
  return { certificate: join(directory, certificate), key: join(directory, key) }
}

function pairOf(name: string): KeyPair {
  return { certificate: `${name}.pem`, key: `${name}.key.pem` }
}
