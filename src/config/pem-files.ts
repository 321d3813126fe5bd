import { createPrivateKey, X509Certificate } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { invalid } from './setting.ts'

/** What one variable names. */
export type FileSetting = Readonly<{ name: string; file: string }>

const certificateBlock = /-----BEGIN CERTIFICATE-----[\s\S]+?-----END CERTIFICATE-----/g

/**
 * The text of a file with one certificate or more.
 *
 * @throws {OrdermillError} CONFIG_INVALID when it can't be read, or holds none
 */
export function readCertificates(setting: FileSetting): string {
  const pem = readText(setting)
  const blocks = pem.match(certificateBlock) ?? []
  if (blocks.length > 0 && blocks.every(isCertificate)) return pem
  throw invalid(`${nameOf(setting)}, which holds no certificate in PEM form: name a file that does`)
}

/** @throws {OrdermillError} CONFIG_INVALID when a file can't be read, or the two do not belong together */
export function readKeyPair(cert: FileSetting, key: FileSetting): Readonly<{ cert: string; key: string }> {
  const pair = { cert: readCertificates(cert), key: readText(key) }
  if (new X509Certificate(pair.cert).checkPrivateKey(parseKey(pair.key, key))) return pair
  throw invalid(
    `${nameOf(key)}, which is not the key of the certificate in ${cert.file}: set ${cert.name} and ${key.name} to a pair`,
  )
}

/** Not with the reason: it may quote the file. */
function parseKey(pem: string, setting: FileSetting) {
  try {
    return createPrivateKey(pem)
  } catch {
    throw invalid(`${nameOf(setting)}, which holds no unencrypted private key in PEM form: name a file that does`)
  }
}

function isCertificate(pem: string): boolean {
  try {
    return new X509Certificate(pem).subject !== undefined
  } catch {
    return false
  }
}

function readText(setting: FileSetting): string {
  try {
    return readFileSync(setting.file, 'utf8')
  } catch (cause) {
    const reason = cause instanceof Error && 'code' in cause ? String(cause.code) : String(cause)
    throw invalid(`${nameOf(setting)}, which can't be read (${reason}): name a file that this user may read`, cause)
  }
}

function nameOf({ name, file }: FileSetting): string {
  return `${name} is ${JSON.stringify(file)}`
}
