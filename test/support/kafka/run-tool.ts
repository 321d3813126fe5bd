import { execFile } from 'node:child_process'
import { promisify } from 'node:util'

const run = promisify(execFile)
const outputBytesMax = 1 << 20
const messageCharsMax = 4_000

/** What the program printed to its standard output. Rejects with the end of all that it said when it fails. */
export async function runTool(
  program: string,
  args: readonly string[],
  cwd?: string,
  env?: NodeJS.ProcessEnv,
): Promise<string> {
  try {
    const { stdout } = await run(program, args, { maxBuffer: outputBytesMax, cwd, env })
    return stdout
  } catch (error) {
    const { stdout = '', stderr = '' } = error as Readonly<{ stdout?: string; stderr?: string }>
    const said = `${stdout}${stderr}`.trim().slice(-messageCharsMax)
    throw new Error(`${program} ${args[0] ?? ''} failed: ${said || String(error)}`, { cause: error })
  }
}
