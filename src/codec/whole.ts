/** Digits alone: `Number` takes much more for a number, an empty text among it. */
export function wholeOf(text: string | undefined): number | undefined {
  if (text === undefined || !/^\d+$/.test(text)) return undefined
  const value = Number(text)
  return Number.isSafeInteger(value) ? value : undefined
}
