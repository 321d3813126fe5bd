import { after, before } from 'node:test'
import { missingForCouchbase, startMockServer, type MockServer, type MockServerOptions } from './mock-server.ts'

/** For `describe`: skips, saying what is missing, where no server can be had. Never in CI: there the start fails loudly. */
export function couchbaseSuiteOptions(): Readonly<{ skip: string | false }> {
  if (process.env['CI'] === 'true') return { skip: false }
  return { skip: missingForCouchbase() ?? false }
}

/** One mock server for all tests of a suite or a file. Ask inside a test. */
export function useMockServer(options: MockServerOptions = {}): () => MockServer {
  let server: MockServer | undefined
  before(async () => {
    if (couchbaseSuiteOptions().skip === false) server = await startMockServer(options)
  })
  after(() => server?.stop())
  return () => {
    if (!server) throw new Error('there is no server before the first test and after the last one')
    return server
  }
}
