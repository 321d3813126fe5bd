export type JsonLine = Readonly<{
  text: string
  /** RFC 6901, of the value that begins on this line; undefined on a line that only closes one. */
  pointer: string | undefined
}>

const indent = '  '

/**
 * The lines of `JSON.stringify(value, null, 2)`, each with where in the value it is. Pure.
 *
 * @param value as `JSON.parse` gives it
 */
export function jsonLines(value: unknown): readonly JsonLine[] {
  return linesOf(value, { pointer: '', depth: 0, lead: '', trail: '' })
}

type Place = Readonly<{ pointer: string; depth: number; lead: string; trail: string }>

function linesOf(value: unknown, place: Place): readonly JsonLine[] {
  const { pointer, depth, lead, trail } = place
  const open = `${indent.repeat(depth)}${lead}`
  const members = membersOf(value)
  if (members === undefined || members.length === 0)
    return [{ text: `${open}${JSON.stringify(value)}${trail}`, pointer }]
  const [first, last] = Array.isArray(value) ? '[]' : '{}'
  return [
    { text: `${open}${first}`, pointer },
    ...members.flatMap(([name, member], index) =>
      linesOf(member, {
        pointer: `${pointer}/${name.replaceAll('~', '~0').replaceAll('/', '~1')}`,
        depth: depth + 1,
        lead: Array.isArray(value) ? '' : `${JSON.stringify(name)}: `,
        trail: index < members.length - 1 ? ',' : '',
      }),
    ),
    { text: `${indent.repeat(depth)}${last}${trail}`, pointer: undefined },
  ]
}

function membersOf(value: unknown): readonly (readonly [string, unknown])[] | undefined {
  return typeof value === 'object' && value !== null ? Object.entries(value) : undefined
}

/** The line that a pointer is about: its own, or that of the nearest thing around it, for what is missing has none. */
export function lineOf(lines: readonly JsonLine[], pointer: string): number {
  for (let wanted = pointer; ; wanted = wanted.slice(0, wanted.lastIndexOf('/'))) {
    const found = lines.findIndex((line) => line.pointer === wanted)
    if (found >= 0) return found
    if (wanted === '' || !wanted.includes('/')) return 0
  }
}
