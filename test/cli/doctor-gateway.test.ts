import assert from 'node:assert/strict'
import { it } from 'node:test'
import { freePort } from '../support/free-port.ts'
import { startGateway } from '../support/gateway-server.ts'
import { jsonOf, runCli, type DoctorReport } from '../support/run-cli.ts'
import { tempDir } from '../support/temp.ts'

const token = 's3cret'

it('doctor says whether the payment gateway’s host answers, charges nothing, and tells no secret', async (t) => {
  const { url, requests } = await startGateway(t)
  const { origin } = new URL(url)
  const unused = `http://127.0.0.1:${await freePort()}`
  const dataDir = await tempDir(t)
  const examine = async (at: string) => {
    const env = { PORT: '0', ORDERMILL_PAYMENT_GATEWAY_URL: at, ORDERMILL_PAYMENT_GATEWAY_TOKEN: token }
    const result = await runCli(['doctor', '--json'], { dataDir, env })
    assert.doesNotMatch(result.stdout + result.stderr, /s3cret|k3y/)
    const check = jsonOf<DoctorReport>(result).checks.find(({ name }) => name === 'gateway')
    return { code: result.code, status: check?.status, detail: check?.detail ?? '' }
  }
  const [answering, silent] = await Promise.all([examine(`${url}?key=k3y`), examine(`${unused}/charges?key=k3y`)])
  const detail = `${origin} answers (200 to HEAD /); nothing was charged`
  assert.deepEqual(answering, { code: 0, status: 'ok', detail })
  assert.deepEqual([silent.code, silent.status], [1, 'fail'])
  assert.match(silent.detail, new RegExp(`^${unused} does not answer \\(.*ECONNREFUSED.*\\)$`))
  assert.deepEqual(
    requests.map(({ method, path, headers }) => [method, path, headers.authorization]),
    [['HEAD', '/', undefined]],
  )
})
