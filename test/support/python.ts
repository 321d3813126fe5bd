import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { runTool } from './kafka/run-tool.ts'
import { pythonEnvironment } from './python-environment.ts'

/**
 * kafka-python 2.0.2 carries a `six` whose `six.moves` Python 3.12 and later can't import; a current one stands in for it
 * from the start of the interpreter on.
 */
const sixFix = "import sys, six; sys.modules['kafka.vendor.six.moves'] = six.moves\n"

/** Has kafka-python 2.0.2, the original's client. */
const environment = pythonEnvironment({
  name: 'kafka-python',
  requirementsFile: fileURLToPath(new URL('../../bench/peers/original/requirements.txt', import.meta.url)),
  version: sixFix,
  finish: async (python) => {
    const packages = await runTool(python, ['-c', "import sysconfig; print(sysconfig.get_path('purelib'))"])
    await writeFile(join(packages.trim(), 'kafka_vendored_six.pth'), sixFix)
    await runTool(python, ['-c', 'import kafka'])
  },
})

export const missingForPython = environment.missing
export const pythonWithKafka = environment.interpreter
