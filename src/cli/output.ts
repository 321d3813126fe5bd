/** What was asked for goes to stdout; everything about how it went goes to stderr. */
export function print(...lines: readonly string[]): void {
  process.stdout.write(`${lines.join('\n')}\n`)
}

export function note(...lines: readonly string[]): void {
  process.stderr.write(`${lines.join('\n')}\n`)
}

/** The reader of a pipe may go first, as `head` does: that is no failure. */
export function endQuietlyWithoutReader(): void {
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE') process.exit()
    throw error
  })
}

const grouped = new Intl.NumberFormat('en-US', { maximumFractionDigits: 0 })

/** A whole number with separators between its thousands. */
export function groupDigits(number: number): string {
  return grouped.format(number)
}

/** The same for a decimal as the API wrote it: no digit is lost. */
export function groupDecimal(text: string): string {
  return text.replace(/^\d+/, (whole) => grouped.format(BigInt(whole)))
}

/** `1 line`, `2 lines`. */
export function countText(count: number, noun: string): string {
  return `${groupDigits(count)} ${noun}${count === 1 ? '' : 's'}`
}
