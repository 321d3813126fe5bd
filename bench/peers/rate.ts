/** How fast a peer was. */
export type Rate = Readonly<{
  records: number
  /** From the first record until all that came of the last one was committed, or acknowledged where nothing commits. */
  recordsPerS: number
  /** The same without the start, when a JVM still compiles what it runs; undefined where the run was too short to tell. */
  warmRecordsPerS: number | undefined
}>

/** What the peers of ours print as their last line. */
type Report = Readonly<{ records: number; seconds: number; late_records: number; late_seconds: number }>

export function rateOf(output: string): Rate {
  const line = output.trim().split('\n').at(-1) ?? ''
  const { records, seconds, late_records, late_seconds } = JSON.parse(line) as Report
  return { records, recordsPerS: records / seconds, warmRecordsPerS: late_records / late_seconds }
}

/** ProducerPerformance prints a line every five seconds, and one for all in the end. */
export function producerRateOf(output: string): Rate {
  const lines = [...output.matchAll(/^(\d+) records sent, ([\d.]+) records\/sec/gm)]
  const points = lines.map((match) => ({ records: Number(match[1]), seconds: Number(match[1]) / Number(match[2]) }))
  const all = points.at(-1)
  const first = points.at(0)
  if (!all || !first) throw new Error(`ProducerPerformance printed no rate: ${output}`)
  // A run of less than ten seconds has no whole interval besides the first one.
  return rateBetween(points.length < 3 ? undefined : first, all)
}

/**
 * ConsumerPerformance, in detail: records so far and the milliseconds of this interval, without the group's start. It
 * keeps what came after its last whole interval to itself, so `records` is a little less than was asked for.
 */
export function consumerRateOf(output: string): Rate {
  let seconds = 0
  const points = output
    .trim()
    .split('\n')
    .map((line) => line.split(', '))
    .filter((columns) => columns.length === consumerColumns)
    .map((columns) => ({ records: Number(columns[4]), seconds: (seconds += Number(columns[7]) / 1_000) }))
  const all = points.at(-1)
  if (!all) throw new Error(`ConsumerPerformance printed no rate: ${output}`)
  return rateBetween(
    points.findLast(({ records }) => records <= all.records / 2),
    all,
  )
}

const consumerColumns = 10

type Point = Readonly<{ records: number; seconds: number }>

function rateBetween(cold: Point | undefined, all: Point): Rate {
  return {
    records: all.records,
    recordsPerS: all.records / all.seconds,
    warmRecordsPerS: cold && (all.records - cold.records) / (all.seconds - cold.seconds),
  }
}
