import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { cached } from './cache.ts'
import { jarsName, shortHash } from './jars.ts'
import { runTool } from './run-tool.ts'

let options: Promise<readonly string[]> | undefined

/**
 * Options of a JVM that has the classes parsed and verified already: with them a broker starts in half the time, for half
 * the work.
 *
 * @param fill runs what needs these classes once, with the options that it is given; it must end by itself
 */
export function archivedClasses(fill: (jvm: readonly string[]) => Promise<void>): Promise<readonly string[]> {
  // Not every JVM can do that, and none has to.
  options ??= openArchive(fill).catch(() => [])
  return options
}

async function openArchive(fill: (jvm: readonly string[]) => Promise<void>): Promise<readonly string[]> {
  const fileIn = (directory: string): string => join(directory, 'classes.jsa')
  const name = `${jarsName}-classes-${shortHash(await runTool('java', ['--version']))}`
  const directory = await cached(name, async (unfinished) => {
    await fill([`-XX:ArchiveClassesAtExit=${fileIn(unfinished)}`, '-Xlog:disable'])
    if (!existsSync(fileIn(unfinished))) throw new Error('java wrote no archive of its classes')
  })
  return [`-XX:SharedArchiveFile=${fileIn(directory)}`, '-Xlog:disable']
}
