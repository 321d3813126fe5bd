import { parser } from '@prometheus-io/lezer-promql'

export type Expression = Readonly<{
  /** Names of series. */
  series: readonly string[]
  /** Labels that are grouped by or asked for. */
  labels: readonly string[]
  /** `label="value"`, without the other ways to ask. */
  values: readonly (readonly [label: string, value: string])[]
}>

/** @throws {Error} for what is no PromQL */
export function readPromQl(text: string): Expression {
  const [series, labels, values]: [string[], string[], [string, string][]] = [[], [], []]
  parser.parse(text).iterate({
    enter({ name, from, to, type }) {
      const part = text.slice(from, to)
      if (type.isError) throw new Error(`no PromQL at character ${from}: ${text}`)
      if (name === 'Identifier') series.push(part)
      if (name === 'LabelName') labels.push(part)
      const [, label, value] = name === 'UnquotedLabelMatcher' ? (/^(\w+)="(.*)"$/.exec(part) ?? []) : []
      if (label !== undefined && value !== undefined) values.push([label, value])
    },
  })
  return { series, labels, values }
}
