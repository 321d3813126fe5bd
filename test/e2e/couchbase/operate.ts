import assert from 'node:assert/strict'
import type { DeadLetterDetail, OrderDetail } from '../../../src/api/contract.ts'
import type { Job } from '../../../src/api/contract/jobs.ts'
import type { RedrivePreview } from '../../../src/api/contract/redrive.ts'
import { waitFor } from '../../support/wait-for.ts'
import { json } from '../kafka/ordermill.ts'

/** What an operator does over HTTP, on whatever the system runs. */
export function operator(url: string) {
  async function post<Answer>(path: string, body: unknown, status: number): Promise<Answer> {
    const headers = { 'content-type': 'application/json' }
    const response = await fetch(`${url}/api/v1${path}`, { method: 'POST', headers, body: JSON.stringify(body) })
    const text = await response.text()
    assert.equal(response.status, status, `${path}: ${text}`)
    return JSON.parse(text) as Answer
  }

  async function finish({ id }: Job): Promise<Job> {
    let job: Job | undefined
    await waitFor('the job has ended', async () => {
      job = await json<Job>(`${url}/api/v1/jobs/${id}`)
      return job.state !== 'waiting' && job.state !== 'running'
    })
    assert.ok(job)
    return job
  }

  return {
    get: <Answer>(path: string) => json<Answer>(`${url}/api/v1${path}`),
    post,
    finish,

    /** Redrives a letter with another value; what the dry run said would come of it. */
    mend: async (id: string, value: string): Promise<string> => {
      const body = { ids: [id], edit: { value: Buffer.from(value).toString('base64') } }
      const { letters } = await post<RedrivePreview>('/dead-letters/redrive/preview', body, 200)
      const { state, detail } = await finish(await post<Job>('/dead-letters/redrive', body, 202))
      assert.equal(state, 'done', detail)
      const { redriven } = await json<DeadLetterDetail>(`${url}/api/v1/dead-letters/${encodeURIComponent(id)}`)
      assert.ok(redriven, 'the list knows that it was redriven')
      return letters[0]?.outcome ?? ''
    },

    outcomeOf: async (orderId: number): Promise<string | undefined> => {
      const response = await fetch(`${url}/api/v1/orders/${orderId}`)
      return response.ok ? ((await response.json()) as OrderDetail).payment?.outcome : undefined
    },
  }
}
