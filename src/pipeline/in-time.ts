/**
 * What `asked` resolves with, or what `late` gives or throws once that has taken longer than `limitMs`. What was asked goes
 * on then, and its result is dropped.
 */
export async function inTime<Result, Late>(
  asked: Promise<Result>,
  limitMs: number,
  late: () => Late,
): Promise<Result | Late> {
  const limit = Promise.withResolvers<typeof isLate>()
  const timer = setTimeout(limit.resolve, limitMs, isLate)
  try {
    const first = await Promise.race([asked, limit.promise])
    return first === isLate ? late() : first
  } finally {
    clearTimeout(timer)
  }
}

const isLate = Symbol('late')
