/** Runs one part in place of this command: same process, same terminal, same signals, same exit code. */
import { fileURLToPath, pathToFileURL } from 'node:url'
import { keepCompiled } from './compile-cache.ts'

export type PartName = 'producer' | 'worker' | 'sandbox'

/**
 * Resolves when the part has started. From then on the process is the part, and ends when and how the part does.
 * Nothing of a part is used from here: only its entry file is run.
 */
export async function runPart(part: PartName, args: readonly string[]): Promise<void> {
  const entry = fileURLToPath(new URL(`../../${part}/src/main.ts`, import.meta.url))
  // As if it had been started by itself.
  process.argv.splice(1, process.argv.length, entry, ...args)
  await import(pathToFileURL(entry).href)
  keepCompiled()
}
