/**
 * A part: a supervised child process.
 *
 * Owns its life: started, restarted when it dies, stopped with SIGTERM. It is in a process group of its own, so that
 * a Ctrl-C in the terminal reaches only the supervisor, which stops the parts in order; and it ends by itself when the
 * supervisor is gone (its IPC channel closes).
 */
import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { environmentWith } from '@manifold/config'
import type { ReadyMessage } from '@manifold/runtime'
import type { PartName } from '../run-part.ts'
import type { LogStream } from './log-stream.ts'

export type PartOptions = {
  /** What its log lines begin with. */
  readonly name: string
  readonly part: PartName
  readonly args: readonly string[]
  readonly environment: Readonly<Record<string, string>>
  readonly logs: LogStream
}

export type Part = {
  /** Resolves with the port of its HTTP server. Rejects when it ends before it is ready. */
  readonly ready: Promise<number>
  /** Has it read its config again. */
  readonly reload: () => void
  /** Also while it is not ready yet. */
  readonly stop: () => Promise<void>
}

const RESTART_MS = 1_000

/** The command line becomes the part it is asked for. */
const MANIFOLD = fileURLToPath(new URL('../main.ts', import.meta.url))

/** Starts a part; once it was ready it is started again whenever it ends. */
export function startPart(options: PartOptions): Part {
  let stopping = false
  let wasReady = false
  let child = launch(options)
  const ready = untilReady(child, options.name)
  let up = ready
  ready.then(
    () => {
      wasReady = true
    },
    () => undefined,
  )

  const watch = () => {
    child.once('exit', (code, signal) => {
      if (stopping || !wasReady) return
      options.logs.say(`${options.name} ended (${signal ?? `code ${String(code)}`}); starting it again`)
      setTimeout(() => {
        if (stopping) return
        child = launch(options)
        up = untilReady(child, options.name)
        up.catch(() => undefined)
        watch()
      }, RESTART_MS)
    })
  }
  watch()

  return {
    ready,
    reload: () => {
      // Until it is up, the signal would end it.
      up.then(
        () => child.kill('SIGHUP'),
        () => undefined,
      )
    },
    stop: async () => {
      stopping = true
      if (child.exitCode !== null || child.signalCode !== null) return
      const ended = once(child, 'exit')
      child.kill('SIGTERM')
      await ended
    },
  }
}

function launch({ name, part, args, environment, logs }: PartOptions): ChildProcess {
  const child = spawn(process.execPath, [MANIFOLD, part, ...args], {
    env: environmentWith(environment),
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    detached: true,
  })
  if (child.stdout !== null) logs.attach(name, child.stdout)
  if (child.stderr !== null) logs.attach(name, child.stderr)
  return child
}

function untilReady(child: ChildProcess, name: string): Promise<number> {
  return new Promise((resolve, reject) => {
    child.once('exit', () => {
      reject(new Error(`${name} did not start; its last lines above say why`))
    })
    child.on('message', (message: ReadyMessage) => {
      resolve(message.port)
    })
  })
}
