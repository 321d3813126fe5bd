/** Values that are told together, of one set of dimensions. A value's name is a metric's. */
export type MetricSet = Readonly<{
  dimensions: Readonly<Record<string, string>>
  values: Readonly<Record<string, Readonly<{ value: number; unit: 'Count' | 'Seconds' }>>>
}>

/** Members of a log line that CloudWatch takes for metrics: its embedded metric format. Times in ms since the Unix epoch. */
export function embeddedMetrics(namespace: string, atMs: number, { dimensions, values }: MetricSet) {
  return {
    _aws: {
      Timestamp: atMs,
      CloudWatchMetrics: [
        {
          Namespace: namespace,
          Dimensions: [Object.keys(dimensions)],
          Metrics: Object.entries(values).map(([Name, { unit: Unit }]) => ({ Name, Unit })),
        },
      ],
    },
    ...dimensions,
    ...Object.fromEntries(Object.entries(values).map(([name, { value }]) => [name, value])),
  }
}
