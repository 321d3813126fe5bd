import { createInterface } from 'node:readline/promises'
import { OrdermillError } from '../errors.ts'

/** Asks on the terminal. @throws {OrdermillError} USAGE where nobody can be asked, INTERRUPTED for a no */
export async function confirm(question: string, { yes }: Readonly<{ yes?: true }>): Promise<void> {
  if (yes) return
  if (!process.stdin.isTTY || !process.stderr.isTTY) {
    throw new OrdermillError('USAGE', 'this asks before it changes anything, and here is no terminal: add --yes')
  }
  const terminal = createInterface({ input: process.stdin, output: process.stderr })
  try {
    const answer = await terminal.question(`${question} [y/N] `)
    if (!/^y(es)?$/i.test(answer.trim())) throw new OrdermillError('INTERRUPTED', 'nothing was changed')
  } finally {
    terminal.close()
  }
}
