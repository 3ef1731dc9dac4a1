/** A part as a real process of its own, to be killed. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { environmentWith } from '@manifold/config'

export type PartProcess = {
  readonly port: number
  readonly pid: number
  /** Everything it has written so far. */
  readonly output: () => string
  /** Resolves when it has ended, with its exit code, or the signal that ended it. */
  readonly ended: Promise<number | NodeJS.Signals>
  readonly kill: (signal: NodeJS.Signals) => void
  /** Closes the channel to it, as the end of this process would. */
  readonly disconnect: () => void
}

export type PartSpec = {
  readonly part: 'producer' | 'worker' | 'sandbox'
  readonly args?: readonly string[]
  readonly environment: Readonly<Record<string, string>>
}

/** Starts a part and waits until it is ready. @throws with its output when it ends before that */
export async function spawnPart(spec: PartSpec): Promise<PartProcess> {
  const launched = launchPart(spec)
  const ready = new Promise<number>((resolve) => {
    launched.child.on('message', (message: { port: number }) => {
      resolve(message.port)
    })
  })
  const port = await Promise.race([ready, launched.ended])
  if (typeof port !== 'number' || launched.child.exitCode !== null) {
    throw new Error(`${spec.part} ended before it was ready:\n${launched.output()}`)
  }
  const { child, output, ended } = launched
  return {
    port,
    pid: child.pid ?? 0,
    output,
    ended,
    kill: (signal) => child.kill(signal),
    disconnect: () => {
      child.disconnect()
    },
  }
}

/** Starts a part without waiting: for those that are to fail, or to wait for something. */
export function launchPart({ part, args = [], environment }: PartSpec) {
  const entry = fileURLToPath(new URL(`../../apps/${part}/src/main.ts`, import.meta.url))
  const child = spawn(process.execPath, [entry, ...args], {
    env: environmentWith({ PORT: '0', LOG_LEVEL: 'info', ...environment }),
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
  })
  let output = ''
  const note = (chunk: Buffer) => {
    output += chunk.toString()
  }
  child.stdout?.on('data', note)
  child.stderr?.on('data', note)
  const ended = once(child, 'exit').then(
    ([code, signal]: (number | NodeJS.Signals | null)[]) => signal ?? code ?? 1,
  )
  return { child, output: () => output, ended }
}
