/** Runs one part in place of this command: same terminal, same signals, same exit code. */
import { spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'

export type PartName = 'producer' | 'worker' | 'sandbox'

/** The entry file of a part. Parts are started, never imported: each is a process of its own. */
export function entryOf(part: PartName): string {
  return fileURLToPath(new URL(`../../${part}/src/main.ts`, import.meta.url))
}

/** Runs until the part ends, and takes over its exit code. */
export async function runPart(part: PartName, args: readonly string[]): Promise<void> {
  const child = spawn(process.execPath, [entryOf(part), ...args], { stdio: 'inherit' })
  // A terminal sends its signals to both; a supervisor only to this one.
  const forward = (signal: NodeJS.Signals) => {
    child.kill(signal)
  }
  process.on('SIGTERM', forward)
  process.on('SIGINT', () => undefined)
  await new Promise<void>((resolve) => {
    child.once('exit', (code) => {
      process.exitCode = code ?? 1
      resolve()
    })
  })
  process.off('SIGTERM', forward)
}
