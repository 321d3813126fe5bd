import { readFileSync } from 'node:fs'
import { registerHooks } from 'node:module'
import { fileURLToPath } from 'node:url'

/** Faults by name: in which file of src/ which text becomes what instead. */
export type Plants = Readonly<Record<string, readonly Readonly<{ file: string; text: string; instead: string }>[]>>

const sourceRoot = new URL('../../src/', import.meta.url)

/**
 * Plants a fault in every module that is loaded from now on, for a file that is loaded before all others (`--import`). A
 * text that is not there any more throws, so that no control passes without its fault.
 */
export function plantSources(plants: Plants, name: string): void {
  const patches = plants[name]
  if (!patches) throw new Error(`there is no fault ${name} to plant`)
  for (const { file, text } of patches) {
    const source = readFileSync(fileURLToPath(new URL(file, sourceRoot)), 'utf8')
    if (!source.includes(text)) throw new Error(`${name} can't be planted: ${file} has no ${text}`)
  }
  registerHooks({
    load(url, context, nextLoad) {
      const loaded = nextLoad(url, context)
      const here = patches.filter(({ file }) => url === new URL(file, sourceRoot).href)
      if (here.length === 0) return loaded
      const unspoilt = readFileSync(fileURLToPath(url), 'utf8')
      const source = here.reduce((text, { text: found, instead }) => text.replace(found, instead), unspoilt)
      return { ...loaded, source }
    },
  })
}
