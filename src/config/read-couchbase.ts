import { couchbaseSettings, type CouchbaseValues } from './couchbase-settings.ts'
import { readCertificates } from './pem-files.ts'
import { Sealed } from './sealed.ts'
import { invalid, readSettings, type Environment } from './setting.ts'

export type CouchbaseConfig = Readonly<
  Omit<CouchbaseValues, 'host' | 'password'> & { connectionString: string; password: Sealed<string> }
>

/**
 * The cluster that the environment names; undefined when it names none.
 *
 * @throws {OrdermillError} CONFIG_INVALID for what is malformed, or was meant for a cluster that is not named
 */
export function readCouchbase(environment: Environment): CouchbaseConfig | undefined {
  refuseLogin(environment)
  const { host, password, ...values } = readSettings(couchbaseSettings, environment)
  if (host === '') {
    refuseWithoutHost(environment)
    return undefined
  }
  const { caFile } = values
  if (caFile) {
    if (!host.startsWith('couchbases://')) throw caWithoutTls()
    readCertificates({ name: couchbaseSettings.caFile.name, file: caFile })
  }
  return { ...values, connectionString: host, password: new Sealed(password) }
}

/** It would be told wherever the cluster is named. */
function refuseLogin(environment: Environment): void {
  const { host, username, password } = couchbaseSettings
  if (!environment[host.name]?.includes('@')) return
  throw invalid(`${host.name} holds a login before an @: set ${username.name} and ${password.name}, and the host alone`)
}

/** Whoever set one of them meant a cluster, and would find the totals in a file instead. */
function refuseWithoutHost(environment: Environment): void {
  const host = couchbaseSettings.host.name
  const lonely = Object.values(couchbaseSettings).find(({ name }) => environment[name])
  if (lonely) throw invalid(`${lonely.name} is set without ${host}: set ${host} too, or unset it`)
}

function caWithoutTls() {
  return invalid(
    `${couchbaseSettings.caFile.name} is set, but ${couchbaseSettings.host.name} does not speak TLS: write it as couchbases://<host>`,
  )
}
