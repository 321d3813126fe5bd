import { stringify } from 'csv-stringify/sync'

/** `value` null is an empty cell. */
export type CsvColumn<Item> = readonly [title: string, value: (item: Item) => string | number | boolean | null]

/**
 * Lines of RFC 4180 (ended by a line feed), without the titles.
 *
 * Text that a spreadsheet would take for a formula, as it begins with `=`, `+`, `-`, `@`, a tab or a line break, gets an
 * apostrophe before it: what is in a dead letter was chosen by whoever sent it. Numbers are written as they are, with the
 * shortest decimal that is exact. A carriage return and a semicolon are quoted too: many readers take them for the end of a row or of
 * a cell. Such a reader may not know a quote in the middle of its cell, so what follows them is treated as the beginning is.
 */
export function csvLines<Item>(columns: readonly CsvColumn<Item>[], items: readonly Item[]): string {
  const rows = items.map((item) => columns.map(([, value]) => value(item)))
  const quoting = { escape_formulas: true, quoted_match: /[\r;]/ }
  return stringify(rows, {
    ...quoting,
    record_delimiter: '\n',
    cast: { boolean: String, string: withoutInnerFormulas },
  })
}

function withoutInnerFormulas(text: string): string {
  return text.replaceAll(/(?<=[;\r\n])(?=\t*[=+\-@＝＋－＠])/g, "'")
}

export function csvTitles<Item>(columns: readonly CsvColumn<Item>[]): string {
  return stringify([columns.map(([title]) => title)], { record_delimiter: '\n' })
}
