import { list, parsed } from './setting.ts'

/** Metrics for CloudWatch, which takes them out of the lines of the log. */
export const cloudwatchSettings = {
  namespace: parsed(
    'ORDERMILL_CLOUDWATCH_NAMESPACE',
    '',
    'Namespace of the metrics that are written to the log once a minute in CloudWatch’s embedded metric format. Without it none are written.',
    '1 to 255 of A-Z a-z 0-9 . - _ / # :',
    (name) => (/^[\w.\-/#:]{0,255}$/.test(name) ? name : undefined),
  ),
  dimensions: parsed(
    'ORDERMILL_CLOUDWATCH_DIMENSIONS',
    '',
    'Dimensions that all of these metrics get, such as `Project=shop,Stage=test`.',
    'Name=value, comma separated',
    dimensionsOf,
  ),
} as const

function dimensionsOf(given: string): Readonly<Record<string, string>> | undefined {
  const pairs = list(given).map((pair) => pair.split('='))
  const known = pairs.flatMap(([name, value, ...more]) =>
    name && value && more.length === 0 ? [[name, value] as const] : [],
  )
  return known.length === pairs.length ? Object.fromEntries(known) : undefined
}
