/** `align: 'right'` is for numbers. */
export type Column<Row> = Readonly<{ title: string; value: (row: Row) => string; align?: 'right' }>

const gap = '  '
/** Wider cells are cut: a message may be long, and the row is to stay one line. */
const cellCharsMax = 100

/** Lines of text with aligned columns; the titles alone when there is no row. */
export function tableLines<Row>(columns: readonly Column<Row>[], rows: readonly Row[]): readonly string[] {
  const cells = [columns.map(({ title }) => title), ...rows.map((row) => columns.map(({ value }) => cell(value(row))))]
  const widths = columns.map((_, index) => Math.max(...cells.map((line) => line[index]?.length ?? 0)))
  return cells.map((line) => {
    const padded = line.map((text, index) => pad(text, widths[index] ?? 0, columns[index]?.align))
    return padded.join(gap).trimEnd()
  })
}

function cell(text: string): string {
  const oneLine = text.replaceAll(/[\p{C}\s]+/gu, ' ')
  return oneLine.length > cellCharsMax ? `${oneLine.slice(0, cellCharsMax - 1)}…` : oneLine
}

function pad(text: string, width: number, align: 'right' | undefined): string {
  return align === 'right' ? text.padStart(width) : text.padEnd(width)
}
