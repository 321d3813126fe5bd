import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { runTool } from '../../../test/support/kafka/run-tool.ts'
import { pythonEnvironment } from '../../../test/support/python-environment.ts'

const linters = toolsOf('linters', 'requirements.txt', 'checkov, check_jsonschema')

/** Has moto, an emulator of AWS, and boto3 to ask it. Apart from the linters, so that neither waits for the other. */
export const awsEmulator = toolsOf('aws-emulator', 'requirements-aws.txt', 'moto.server, boto3')

/** What this machine lacks for the linters of requirements.txt, and how to get it. */
export const missingForPythonTools = linters.missing

/** Those in Python, by the module to run. The others are programs of their own. */
const modules = { checkov: 'checkov.main', 'check-jsonschema': 'check_jsonschema' } as const

/** Where one of the programs is. */
export async function linterPath(program: 'hadolint' | 'shellcheck'): Promise<string> {
  return join(dirname(await linters.interpreter()), program)
}

/** What the tool printed. Rejects with what it complained of. */
export async function runPythonTool(
  tool: keyof typeof modules | 'hadolint' | 'shellcheck',
  args: readonly string[],
  cwd?: string,
): Promise<string> {
  if (tool === 'hadolint' || tool === 'shellcheck') return runTool(await linterPath(tool), args, cwd)
  return runTool(await linters.interpreter(), ['-m', modules[tool], ...args], cwd)
}

function toolsOf(name: string, requirements: string, imports: string) {
  return pythonEnvironment({
    name,
    requirementsFile: fileURLToPath(new URL(requirements, import.meta.url)),
    finish: async (python) => {
      await runTool(python, ['-c', `import ${imports}`])
    },
  })
}
