import { Command, Option } from 'commander'
import type { Config } from '../config.ts'
import { OrdermillError } from '../errors.ts'
import { configOf, findHttpApi, withWhere, type WhereOptions } from './connection.ts'
import { exitCodes } from './exit-codes.ts'
import { openContent, type Content } from './import/content.ts'
import { detectFormat, importFormats, type ImportFormat } from './import/entries.ts'
import type { ImportProgress } from './import/progress.ts'
import { openBar } from './import/progress-bar.ts'
import { openRejects, type Rejects } from './import/rejects.ts'
import { runImport } from './import/run-import.ts'
import type { ImportTarget } from './import/target.ts'
import type { HttpApi } from './http-api.ts'
import { onInterrupt } from './interrupt.ts'
import { jsonOption } from './options.ts'
import { countText, groupDigits, note, print } from './output.ts'
import type { CliCommand } from './cli-command.ts'

type Options = WhereOptions & Readonly<{ format?: ImportFormat; rejects?: string; wait: boolean; json?: true }>

export const importCommand: CliCommand = (environment, done) =>
  withWhere(
    new Command('import').description('Import orders from NDJSON or CSV, plain or gzip; resumes where it was stopped'),
  )
    .argument('<file>', 'a file, or - for standard input')
    .addOption(new Option('--format <format>', 'instead of guessing').choices(importFormats))
    .option('--rejects <file>', 'write every refused line there, as NDJSON with its number and the reason')
    .option('--no-wait', 'do not wait until the totals include the orders')
    .addOption(jsonOption())
    .action(async (file: string, options: Options) => {
      using interrupt = onInterrupt()
      const { signal } = interrupt
      const config = configOf(environment, options)
      const api = findHttpApi(environment, config, options)
      await using target = await openTarget(config, api, options, signal)
      await using content = await openContent({ file, spoolDir: config.dataDir, signal })
      const result = await importContent({ file, content, target, options, signal })
      report(result, options)
      if (result.progress.bad > 0) done(exitCodes.refusedInput)
    })

/** Each way brings what the other does without. */
async function openTarget(
  config: Config,
  api: HttpApi | undefined,
  { wait }: Options,
  signal: AbortSignal,
): Promise<ImportTarget> {
  if (api) return (await import('./import/server-target.ts')).openServerTarget(api, signal)
  return (await import('./import/local-target.ts')).openLocalTarget(config, { counts: wait })
}

const goesOn = 'What was taken stays: run the same command again to go on, no order is counted twice'

type Job = Readonly<{ file: string; content: Content; target: ImportTarget; options: Options; signal: AbortSignal }>
type Result = Readonly<{
  content: Content
  format: ImportFormat
  start: ImportProgress
  progress: ImportProgress
  seconds: number
  isCounted: boolean
  pendingPayments: number
}>

async function importContent({ file, content, target, options, signal }: Job): Promise<Result> {
  const format = options.format ?? (await detectFormat(file, content))
  const open = await target.open({ sha256: content.sha256, format, topicId: target.topicId })
  const { start } = open
  const rejects = await openRejects(start.isDone ? undefined : options.rejects, start.end.lines > 0)
  const startedMs = performance.now()
  let progress = start
  try {
    using bar = openBar(content.bytes, start.end.bytes)
    if (!start.isDone) progress = await runImport({ content, format, target: open, rejects, bar, signal })
  } catch (error) {
    if (error instanceof OrdermillError && error.retryable && error.code !== 'INTERRUPTED') note(goesOn)
    throw error
  } finally {
    await rejects.close()
    noteRefused(rejects)
  }
  const seconds = (performance.now() - startedMs) / 1000
  const isCounted = options.wait && (await target.untilCounted(signal))
  return { content, format, start, progress, seconds, isCounted, ...(await target.finish()) }
}

function noteRefused(rejects: Rejects): void {
  for (const { line, code, message } of rejects.shown()) note(`line ${line}: ${code}: ${message}`)
}

function report(result: Result, { json }: Options): void {
  const { content, format, start, progress, seconds, isCounted, pendingPayments } = result
  const lines = progress.end.lines - start.end.lines
  const perSecond = Math.round(lines / Math.max(seconds, 0.001))
  if (json) {
    const counts = { good: progress.good, bad: progress.bad, lines: progress.end.lines, bytes: content.bytes }
    const run = {
      appended: progress.good - start.good,
      already_imported: start.isDone,
      resumed_behind_line: start.end.lines,
    }
    const rate = { seconds: Math.round(seconds * 1000) / 1000, lines_per_second: perSecond }
    const after = { counted: isCounted, pending_payments: pendingPayments }
    return print(JSON.stringify({ sha256: content.sha256, format, ...counts, ...run, ...rate, ...after }))
  }
  print(...reportLines(result, perSecond))
}

function reportLines({ start, progress, seconds, pendingPayments }: Result, perSecond: number): readonly string[] {
  const [orders, refused] = [countText(progress.good, 'order'), `${countText(progress.bad, 'line')} refused`]
  const payments =
    pendingPayments > 0 ? [`Payment has ${countText(pendingPayments, 'record')} to go: the next start goes on`] : []
  if (start.isDone) return [`Already imported: ${orders}, ${refused}`, ...payments]
  const resumed = start.end.lines > 0 ? ` (went on behind line ${groupDigits(start.end.lines)})` : ''
  const rate = `${seconds.toFixed(1)} s, ${countText(perSecond, 'line')}/s`
  return [`Imported ${orders}, ${refused}, ${rate}${resumed}`, ...payments]
}
