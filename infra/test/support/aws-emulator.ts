import type { TestContext } from 'node:test'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { connect } from 'node:net'
import { fileURLToPath } from 'node:url'
import { freePort } from '../../../test/support/free-port.ts'
import { runTool } from '../../../test/support/kafka/run-tool.ts'
import { waitFor } from '../../../test/support/wait-for.ts'
import type { Account } from './aws-account.ts'
import { awsEmulator } from './python-tools.ts'

const serverFile = fileURLToPath(new URL('moto_server.py', import.meta.url))
const accountFile = fileURLToPath(new URL('aws_account.py', import.meta.url))

export type AwsEmulator = Readonly<{
  /** For programs that are to talk to the emulator and to nothing else. */
  environment: Readonly<Record<string, string>>
  /** Returns the id of a new hosted zone, which the module expects to be there. */
  makeZone: (name: string) => Promise<string>
  /** What is there now, as the APIs of AWS tell it. */
  account: () => Promise<Account>
}>

/** An account of AWS that is empty, in a process of its own that ends with the test. */
export async function startAwsEmulator(t: Pick<TestContext, 'after'>): Promise<AwsEmulator> {
  const python = await awsEmulator.interpreter()
  const port = await freePort()
  const environment = environmentOf(port)
  const server = spawn(python, [serverFile, String(port)], {
    env: { ...process.env, ...environment, MOTO_IAM_LOAD_MANAGED_POLICIES: 'true', MOTO_ACM_VALIDATION_WAIT: '0' },
    stdio: ['pipe', 'ignore', 'inherit'],
  })
  t.after(async () => {
    if (server.exitCode === null && server.kill()) await once(server, 'exit')
  })
  await waitFor('the emulator of AWS listens', () => server.exitCode !== null || listens(port))
  const ask = (...args: readonly string[]): Promise<string> =>
    runTool(python, [accountFile, ...args], undefined, { ...process.env, ...environment })
  return {
    environment,
    makeZone: async (name) => (await ask('zone', name)).trim(),
    account: async () => JSON.parse(await ask('all')) as Account,
  }
}

/** Proxies and profiles of the user are kept out. */
function environmentOf(port: number): Readonly<Record<string, string>> {
  return {
    AWS_ENDPOINT_URL: `http://127.0.0.1:${port}`,
    AWS_ACCESS_KEY_ID: 'test',
    AWS_SECRET_ACCESS_KEY: 'test',
    AWS_DEFAULT_REGION: 'eu-central-1',
    AWS_CONFIG_FILE: '/dev/null',
    AWS_SHARED_CREDENTIALS_FILE: '/dev/null',
    AWS_EC2_METADATA_DISABLED: 'true',
    NO_PROXY: '127.0.0.1',
  }
}

async function listens(port: number): Promise<boolean> {
  const socket = connect(port, '127.0.0.1')
  try {
    await once(socket, 'connect')
    return true
  } catch {
    return false
  } finally {
    socket.destroy()
  }
}
