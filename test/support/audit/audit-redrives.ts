import type { Header, Log, LogRecord } from '../../../src/ports/log.ts'
import { headerOf } from '../order-json.ts'
import { readRedrives, type Letter, type RedriveFacts, type RedriveJob, type Redriven } from './redrives.ts'

type Complain = (complaint: string) => void

/** As configured by default: a letter that came back so often is left out unless it is asked for. */
const redrivesMax = 3

/** What was redriven is what was asked for, each letter once, as it was or as it was edited, and no request was forgotten. */
export async function auditRedrives(log: Log, complain: Complain): Promise<void> {
  const facts = await readRedrives(log)
  for (const redriven of facts.redriven) auditRedriven(facts, redriven, complain)
  for (const [id, copies] of Map.groupBy(facts.redriven, ({ letterId }) => letterId)) {
    if (copies.length > 1) complain(`I2: letter ${nameOf(id)} was redriven ${copies.length} times`)
  }
  const ofJob = Map.groupBy(facts.redriven, ({ jobId }) => jobId)
  for (const job of facts.jobs.values()) auditJob(facts, job, ofJob.get(job.id) ?? [], complain)
}

function auditRedriven({ letters, jobs, depthOf }: RedriveFacts, redriven: Redriven, complain: Complain): void {
  const { group, record, letterId, jobId } = redriven
  const [letter, job] = [letters.get(letterId), jobs.get(jobId)]
  const wrong = (what: string) => complain(`I8: letter ${nameOf(letterId)} ${what}, by job ${jobId}`)
  if (!job) return complain(`I5: ${group} got ${record.offset} back, which job ${jobId} made, which nobody asked for`)
  if (!letter?.refused) return complain(`I5: ${group} got letter ${nameOf(letterId)} back, which there is not`)
  if (letter.group !== group) wrong(`of ${letter.group} went to ${group}`)
  if (!isWanted(job, letter)) wrong('was redriven, which was not wanted')
  const depth = depthOf(letterId)
  if (depth >= redrivesMax && !job.spec.quarantined) wrong(`was redriven for the ${depth + 1}th time`)
  const count = Number(headerOf(record, 'x-redrive-count'))
  if (count !== depth + 1) wrong(`says that it was redriven ${count} times, not ${depth + 1}`)
  if (!isContent(record, letter.refused, job)) wrong('did not come back as it was, or was to be')
}

function isWanted({ atMs, spec }: RedriveJob, { id, group, code, timestampMs }: Letter): boolean {
  if (spec.ids) return spec.ids.includes(id)
  const { group: ofGroup = group, code: ofCode = code } = spec.filter ?? {}
  return group === ofGroup && code === ofCode && timestampMs <= atMs
}

function isContent(record: LogRecord, refused: LogRecord, { spec: { edit } }: RedriveJob): boolean {
  const value = edit ? Buffer.from(edit.value, 'base64') : refused.value
  const headers = edit?.headers?.map(({ name, value: text }) => [name, Buffer.from(text, 'base64')] as const)
  return (
    textOf(record.value) === textOf(value) &&
    textOf(record.key) === textOf(refused.key) &&
    ownHeaders(record.headers) === ownHeaders(headers ?? refused.headers)
  )
}

function textOf(bytes: Uint8Array | null): string | null {
  return bytes && Buffer.from(bytes).toString('base64')
}

/** Those that a redrive leaves as they are. */
function ownHeaders(headers: readonly Header[]): string {
  const own = headers.filter(([name]) => name !== 'event-id' && !name.startsWith('x-redrive-'))
  return JSON.stringify(own.map(([name, value]) => [name, textOf(value)]))
}

function auditJob(facts: RedriveFacts, job: RedriveJob, made: readonly Redriven[], complain: Complain): void {
  const { id, spec, ends } = job
  const numbers = made.map(({ record }) => Number(/^redrive\/.+\/(\d+)$/.exec(headerOf(record, 'event-id') ?? '')?.[1]))
  if (numbers.toSorted((a, b) => a - b).some((number, index) => number !== index + 1)) {
    complain(`I2: job ${id} numbered what it redrove ${numbers.join()}`)
  }
  if (made.length > spec.limit) complain(`I2: job ${id} redrove ${made.length}, of ${spec.limit} at most`)
  const [end] = ends
  if (ends.length !== 1 || !end) return complain(`I9: job ${id} has ended ${ends.length} times`)
  const { outcome, progress } = end
  if (outcome === 'failed' && made.length === 0 && progress.detail.startsWith('another redrive is under way')) return
  if (outcome !== 'done') return complain(`I9: job ${id} ended as ${outcome}: ${progress.detail}`)
  if (!progress.detail.startsWith(`${made.length} redriven`)) {
    complain(`I3: job ${id} says "${progress.detail}", and redrove ${made.length}`)
  }
  if (made.length < spec.limit) auditForgotten(facts, job, end.at_ms, complain)
}

/** Every letter that a job was about has come back, by this job or an earlier one, unless it had come back too often. */
function auditForgotten(
  { letters, redriven, depthOf }: RedriveFacts,
  job: RedriveJob,
  endMs: number,
  complain: Complain,
): void {
  const back = new Set(redriven.filter(({ record }) => record.timestampMs <= endMs).map(({ letterId }) => letterId))
  for (const letter of letters.values()) {
    if (letter.timestampMs >= job.atMs || back.has(letter.id) || !isWanted(job, letter)) continue
    const isQuarantined = depthOf(letter.id) >= redrivesMax && !job.spec.quarantined
    if (!isQuarantined) complain(`I1: job ${job.id} forgot letter ${nameOf(letter.id)}`)
  }
}

/** `["payments-group","orders",0,7]` */
function nameOf(letterId: string): string {
  return Buffer.from(letterId, 'base64url').toString()
}
