import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { cached } from '../kafka/cache.ts'
import { allMissing, fetchJars, missingJava, missingMaven, shortHash } from '../kafka/jars.ts'

const pomFile = fileURLToPath(new URL('./pom.xml', import.meta.url))
const pom = readFileSync(pomFile, 'utf8')
const version = /<mock\.version>(.+)<\/mock\.version>/.exec(pom)?.[1]
const jarsName = `couchbase-mock-${version}-${shortHash(pom)}`

let jar: Promise<string> | undefined

/** The file to run: `java -jar <file>`. Maven fetches it once. */
export function mockJar(): Promise<string> {
  jar ??= cached(jarsName, (directory) => fetchJars({ pomFile, directory, missing: missingForCouchbase() })).then(
    (directory) => join(directory, `CouchbaseMock-${version}.jar`),
  )
  return jar
}

let found: Readonly<{ missing: string | undefined }> | undefined

/** What this machine lacks for a mock server of our own, and how to get it; `undefined` when it has everything. */
export function missingForCouchbase(): string | undefined {
  found ??= {
    missing: allMissing([
      missingJava('set ORDERMILL_TEST_COUCHBASE'),
      missingMaven(jarsName, `CouchbaseMock ${version}`),
    ]),
  }
  return found.missing
}
